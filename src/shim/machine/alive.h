/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A lock that says which process is the shim of a container, for moatd to end one that does not
 * answer any more (docs/CONTROL.md, "Deadlines").
 */

/**
 * alive_lock() - take the lock for the rest of the process's life
 *
 * The file is made anew: the shim of the run before may still give its clients their last output.
 *
 * Return: 0; -errno.
 */
int alive_lock(int dir_fd);

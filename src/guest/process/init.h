/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/**
 * init_split() - put an init before the container's command
 * @status_fd: not the init's to hold
 * @has_tty:   standard input is the session's terminal
 *
 * The calling process, PID 1 of the container, goes on in a child, which has this return; it itself
 * stays behind, passes signals on, reaps what is orphaned, and ends as the child does.
 *
 * Return: 0 in the child; -errno.
 */
int init_split(int status_fd, bool has_tty, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"

/*
 * What the guest's kernel says on its console, on its way to the disk.  A guest can say as much as
 * it likes: the beginning is kept in one file, the end in the last few that are numbered.
 */
struct console;

/**
 * console_new() - empty the log and begin to write it
 * @dir_fd:  the container's folder; borrowed
 * @name:    of the log; static
 * @pipe_fd: what the engine writes, to be read from here; owned by the console from success on
 *
 * Return: 0; -errno; -ENOMEM.
 */
int console_new(struct loop *l, int dir_fd, const char *name, int pipe_fd, struct console **ret);

/** console_free() - write what has come, and close; NULL is accepted */
void console_free(struct console *c);

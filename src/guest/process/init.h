/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/**
 * init_split() - put an init before the container's command
 * @status_fd: closed in the init
 * @has_tty:   standard input is the session's terminal
 *
 * The calling process, PID 1 of the container, becomes the init: it passes signals on, reaps
 * orphans, and ends as the command does.  The command goes on in a child, where this function
 * returns.
 *
 * Return: 0 in the child; -errno.
 */
int init_split(int status_fd, bool has_tty, struct err *err);

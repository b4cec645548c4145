/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"

/*
 * What the engine says on its standard error, on its way to ours, which is shim.log.  A guest can
 * have it say as much as it likes (QEMU complains of every device it is made to break), so the
 * beginning is kept and the rest is not read.
 */

#define ENGINE_LOG_MAX KIB(64)

struct engine_log;

/**
 * engine_log_new() - begin to copy
 * @pipe_fd: does not block; owned by the log from success on
 *
 * Return: 0; -errno; -ENOMEM.
 */
int engine_log_new(struct loop *l, int pipe_fd, struct engine_log **ret);

/** engine_log_catch_up() - copy what has been said by now; NULL is accepted */
void engine_log_catch_up(struct engine_log *e);

/** engine_log_free() - copy what has been said by now, and stop; NULL is accepted */
void engine_log_free(struct engine_log *e);

/** engine_log_copy() - copy what an engine has said before it had a log */
void engine_log_copy(int pipe_fd);

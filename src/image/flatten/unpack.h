/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/macro.h"
#include "image/archive/inflate.h"
#include "image/flatten/flatten.h"

/*
 * How the store has an image made without parsing a byte of a layer in its own process, and
 * what the two sides of that agree on:
 *
 *   moat-unpack STATUS_FD OUT_FD LIMITS LAYER_FD[,EVENT_FD,BYTES][:DIFF_ID]...
 *
 * LIMITS are those of bytes, entries, memory and ratio, with commas between them.
 *
 * A layer with an eventfd is still being written, and will have so many BYTES.
 *
 * Exit status 0 is success, and STATUS_FD, a pipe, got the layers' sizes, with a blank after each.
 * Otherwise it got "ERRNO MESSAGE" with a positive decimal errno.
 */

#define UNPACK_STATUS_MAX KIB(16) /* 512 sizes, or a message */

/* A running moat-unpack that flattens layers. */
struct unpack {
	pid_t pid;
	int status_fd;
};

/**
 * unpack_start() - run flatten() in a process of its own
 * @program:  absolute path of moat-unpack
 * @in:       descriptors of its layers are borrowed until this returns
 * @out_fd:   the same; empty regular file, open for writing
 * @ret:      to be ended by unpack_wait() or unpack_kill()
 *
 * The process inherits these descriptors and nothing else.  May be called from several threads at
 * once.
 *
 * Return: 0; -ENOENT, -EACCES and others when @program cannot be started; with a message.
 */
int unpack_start(const char *program, const struct flatten_input *in, int out_fd,
		 struct unpack *ret, struct err *err);

/**
 * unpack_wait() - wait for a process to end
 * @in: what it was started with; its layers' sizes are set
 *
 * Return: 0; as flatten(); -ENOMEM when it was killed, -EIO when it crashed; with a message.
 */
int unpack_wait(struct unpack *u, const struct flatten_input *in, struct err *err);

/** unpack_ends_within() - wait at most @msec for a process to end.  Return: has it? */
bool unpack_ends_within(const struct unpack *u, int msec);

/** unpack_kill() - kill the process */
void unpack_kill(struct unpack *u);

#define UNPACK_INFLATE "--inflate"

/**
 * unpack_inflate() - run `moat-unpack --inflate STATUS_FD OUT_FD IN_FD`
 * @ret: its pid and its output
 *
 * Return: 0; -errno with a message.
 */
int unpack_inflate(const char *program, int in_fd, struct inflate *ret, struct err *err);

/** unpack_inflate_end() - wait for the process to end.  Return: 0; -EPIPE when nobody read on;
 * -EBADMSG; -errno; with a message. */
int unpack_inflate_end(struct inflate *in, struct err *err);

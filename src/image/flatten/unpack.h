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
 *   moat-unpack STATUS_FD OUT_FD LAYER_FD[:DIFF_ID]...
 *
 * Exit status 0 is success, and STATUS_FD, a pipe, got the layers' sizes, with a blank after each.
 * Otherwise it got "ERRNO MESSAGE" with a positive decimal errno.
 */

#define UNPACK_STATUS_MAX KIB(16) /* 512 sizes, or a message */

/**
 * unpack_run() - flatten() in a process of its own
 * @program:  absolute path of moat-unpack
 * @layers:   base first; descriptors are borrowed, sizes are set
 * @out_fd:   borrowed; empty regular file, open for writing
 *
 * Blocks until the process has ended.  It inherits these descriptors and nothing else.  May be
 * called from several threads at once.
 *
 * Return: 0; as flatten(); -ENOENT, -EACCES and others when @program cannot be started; -ENOMEM
 * when it was killed, -EIO when it crashed.
 */
int unpack_run(const char *program, struct flatten_layer *layers, size_t n_layers, int out_fd,
	       struct err *err);

#define UNPACK_INFLATE "--inflate"

/**
 * unpack_inflate() - run `moat-unpack --inflate STATUS_FD OUT_FD IN_FD`
 * @ret: its pid, what it puts out, and what unpack_inflate_end() needs
 *
 * Return: 0; -errno with a message.
 */
int unpack_inflate(const char *program, int in_fd, struct inflate *ret, struct err *err);

/** unpack_inflate_end() - wait for it.  Return: 0; -EPIPE when nobody read on; -EBADMSG; -errno;
 * with a message. */
int unpack_inflate_end(struct inflate *in, struct err *err);

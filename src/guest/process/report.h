/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What a new process says through its status pipe: that it executes its program, or has begun its
 * work; or why not, which may come after the first.
 */

#define REPORT_MAX_BYTES (2 * 2 * sizeof(int32_t) + ERR_MSG_MAX)

/** report_send() - in the new process.  @code: 0, or a negative errno with a message */
void report_send(int fd, int code, const char *msg);

/**
 * report_read() - in moat-init, once the pipe has ended
 * @text: what came; consumed
 *
 * Return: above 0 where it runs: its pid in the container; -errno with a message.
 */
int32_t report_read(struct buf *text, struct err *err);

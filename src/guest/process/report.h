/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A new process's report through its status pipe: that it executes its program, or has begun its
 * work; or why not, which may follow the first.
 */

#define REPORT_MAX_BYTES (2 * 2 * sizeof(int32_t) + ERR_MSG_MAX)

/** report_send() - report, in the new process.  @code: 0, or a negative errno with a message */
void report_send(int fd, int code, const char *msg);

/**
 * report_read() - read a report, in moat-init once the pipe has ended
 * @text: all that came; consumed
 *
 * Return: the process's pid in the container, above 0, where it runs; -errno with a message.
 */
int32_t report_read(struct buf *text, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/macro.h"

#define ERR_MSG_MAX 768

/*
 * An error a person will read: a negative errno and one line of text that says
 * what failed, on what, and what to do.  Lives on the caller's stack; no
 * ownership.  Every function that takes a `struct err *` accepts NULL.
 */
struct err {
	int code;
	char msg[ERR_MSG_MAX];
};

/**
 * err_set() - fill an error
 * @err:  borrowed; NULL is accepted and only the code returned
 * @code: negative errno
 * @fmt:  message, without a trailing period or newline
 *
 * A message that does not fit is cut at ERR_MSG_MAX - 1 bytes.
 *
 * Return: @code, so that `return err_set(err, -EINVAL, …)` reads well.
 */
int err_set(struct err *err, int code, const char *fmt, ...) printf_like(3, 4);

/**
 * err_errno() - fill an error from a failed system call
 *
 * As err_set(), with ": " and strerror(-@code) after the message.
 */
int err_errno(struct err *err, int code, const char *fmt, ...) printf_like(3, 4);

/** err_nomem() - err_set() with -ENOMEM and "out of memory" */
int err_nomem(struct err *err);

/**
 * err_wrap() - put context before the message that is there
 * @err: borrowed, filled before; NULL is accepted
 * @fmt: what was being done; "CONTEXT: old message" is the result
 *
 * Return: the code in @err, or -EIO where @err is NULL.
 */
int err_wrap(struct err *err, const char *fmt, ...) printf_like(2, 3);

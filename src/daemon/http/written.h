/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/http.h"

/* Writes a reply's body, in a thread of its own. */
struct writer {
	/** write() - write the whole body to @fd, which is closed afterwards; a client that went
	 * away breaks the pipe.  Return: 0; -errno with a message, which cuts the connection. */
	int (*write)(void *arg, int fd, struct err *err);
	/** free() - free @arg; called once, also where reply_written() fails */
	void (*free)(void *arg);
};

/**
 * reply_written() - answer with a body that a function writes
 * @w:   static
 * @arg: for @w
 *
 * Return: 0; -errno.
 */
int reply_written(struct reply *rp, const char *content_type, const struct writer *w, void *arg,
		  struct err *err);

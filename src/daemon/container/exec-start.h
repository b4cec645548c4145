/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* How an exec is to be started. */
struct exec_options {
	bool detach;
	bool tty;	    /* the client takes the output for a terminal's: it is not framed */
	const json_t *size; /* [rows, columns] of its terminal; NULL: not known */
};

struct exec_start;

/**
 * exec_claim() - from now on nobody else can start an exec
 * @ret: owned; taken over by one of the next three
 *
 * Return: 0; -ENOENT; -EBUSY with docker's message; -ENOMEM.
 */
int exec_claim(struct containers *t, const char *id, const struct exec_options *o,
	       struct exec_start **ret, struct err *err);

/** exec_is_framed() - is the output to have docker's headers? */
bool exec_is_framed(const struct exec_start *s);

/**
 * exec_run() - give an exec to the shim, with the client's connection
 * @fd:    the connection, taken over
 * @early: what the client has sent already; borrowed
 *
 * Why it could not be started is written into the connection.
 */
void exec_run(struct exec_start *s, int fd, const void *early, size_t len);

/** exec_run_detached() - without a connection.  Return: 0; -EINVAL when the process cannot be
 * executed; -errno; with a message. */
int exec_run_detached(struct exec_start *s, struct err *err);

/** exec_cancel() - the client is gone before it was run */
void exec_cancel(struct exec_start *s);

/**
 * exec_await_launch() - a client tells the size of a terminal as soon as it has read that its exec
 * starts: wait until the shim has heard of that
 *
 * Return: 0; -EPIPE when the client is gone; -errno.
 */
int exec_await_launch(struct container *c, const char *id, int client_fd);

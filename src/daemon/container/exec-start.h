/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* How an exec is to be started. */
struct exec_options {
	bool detach;
	bool tty;	    /* the client takes the output for a terminal's: no headers */
	const json_t *size; /* of its terminal, [rows, columns]; NULL: not known */
};

struct exec_start;

/**
 * exec_claim() - take an exec, so that nobody else can start it
 * @ret: owned; taken over by one of the next three
 *
 * Return: 0; -ENOENT; -EBUSY with docker's message; -ENOMEM.
 */
int exec_claim(struct containers *t, const char *id, const struct exec_options *o,
	       struct exec_start **ret, struct err *err);

/** exec_is_framed() - has the output docker's headers? */
bool exec_is_framed(const struct exec_start *s);

/**
 * exec_run() - give an exec to the shim, with the client's connection
 * @fd:    the connection, taken over
 * @early: what the client has sent already; borrowed
 *
 * Why it could not be started is written into the connection.
 */
void exec_run(struct exec_start *s, int fd, const void *early, size_t len);

/** exec_run_detached() - give an exec to the shim without a connection.  Return: 0; -EINVAL when
 * the process cannot be executed; -errno; with a message. */
int exec_run_detached(struct exec_start *s, struct err *err);

/** exec_cancel() - the client is gone before the exec was run: free it */
void exec_cancel(struct exec_start *s);

/**
 * exec_await_launch() - wait until the shim has heard of an exec: a client tells the size of a
 * terminal as soon as it has read that its exec starts
 *
 * Return: 0; -EPIPE when the client is gone; -errno.
 */
int exec_await_launch(struct container *c, const char *id, int client_fd);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* Handing clients' connections to shims, so that no byte of a workload passes through moatd. */

/**
 * attach_early() - put bytes that came before the 101 back in front of a connection
 * @fd: the client's connection, taken over
 *
 * The HTTP library may have read some of the client's input already.  Then the connection is
 * relayed by a thread here, which writes these bytes first; without any, @fd itself is returned.
 *
 * Return: the descriptor to hand to the shim, owned by the caller; -errno, with @fd closed.
 */
int attach_early(int fd, const void *early, size_t len);

/** attach_error() - write a message into a hijacked connection, framed as standard output where
 * asked, and end it, whoever else has it */
void attach_error(int fd, bool framed, const char *text);

/* What a client wants. */
struct attach_options {
	bool stream; /* output from now on, and input */
	bool logs;   /* the log first */
	bool in, out, err;
	const char *detach_keys; /* docker's notation; NULL: the default */
};

struct attaching;

/**
 * attach_prepare() - note that a client is about to be told 101: a start waits for it
 * @ret: owned; taken over by attach_take() or attach_drop()
 *
 * Return: 0; -EINVAL with a message for keys that are none; -EBUSY with docker's message when the
 * container is paused; -EUSERS with a message when too many clients wait for its start; -ENOMEM.
 */
int attach_prepare(struct container *c, const struct attach_options *o, struct attaching **ret,
		   struct err *err);

/**
 * attach_take() - the client has been told: give its connection to the shim, or keep it for the
 * start
 * @fd:    the connection; taken over
 * @early: what the client has sent already; borrowed
 */
void attach_take(struct attaching *x, int fd, const void *early, size_t len);

/** attach_drop() - the client is gone: no start waits for it any more */
void attach_drop(struct attaching *x);

/** attach_hand_over() - a start's shim is there: give it the clients that attached before, and from
 * now on those that come */
void attach_hand_over(struct container *c);

/** attachments_free() - close the connections of a list, and free it */
void attachments_free(struct attachment *list);

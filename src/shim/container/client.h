/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/queue.h>

#include "base/detach.h"
#include "loop/loop.h"
#include "shim/container/outq.h"

/*
 * One attached descriptor: a stream socket or a pipe on whose other end somebody reads a process's
 * output and may write its input.  What the other end does is up to it; it can be slow, half-close,
 * or vanish at any time.
 */
struct client;

struct client_options {
	bool wants[LINK_CHANNELS]; /* attached to; LINK_STDIN: what the client sends is input */
	bool framed;
	bool keeps_input;	 /* the process's input stays open when this client sends no more */
	struct detach_keys keys; /* typed, they end the attachment; n is 0: there are none */
};

struct client_handler {
	/** readable() - there may be input for client_read() */
	void (*readable)(void *arg, struct client *c);
	/** taken() - client_taken() has grown; the handler must not free the client */
	void (*taken)(void *arg, struct client *c);
	/** gone() - the other end is closed, or has got everything; the handler frees the client */
	void (*gone)(void *arg, struct client *c);
};

enum client_state {
	CLIENT_OPEN,
	CLIENT_DEAF, /* the other end takes no output any more; what it sent before is still input
		      */
	CLIENT_FINISHING, /* no more output will come; closed when the queue is empty */
	CLIENT_LINGERING, /* the other end was told that no more comes, and has yet to close */
};

struct client {
	LIST_ENTRY(client) entry; /* in the owner's list */
	struct loop *loop;
	struct source *io;
	struct source *linger;
	const struct client_handler *handler;
	void *arg; /* the handler's, set by the owner */
	int fd;
	enum client_state state;
	struct client_options options;
	bool reading;	   /* the owner wants input */
	bool input_ended;  /* no more input comes */
	bool output_ended; /* no more output comes: the other end is told when the queue is empty */
	bool detached;	   /* its keys were typed: input before them is still passed on */
	struct outq out;
	uint64_t taken[LINK_CHANNELS]; /* per channel, position in the process's output */
};

/**
 * client_new() - take over a descriptor
 * @fd:      owned by the client from success on; made non-blocking
 * @handler: borrowed
 *
 * Input is not read before client_want_input().  The caller sets taken[] to the process's
 * positions.
 *
 * Return: 0; -EPERM where the descriptor cannot be waited for; -errno; -ENOMEM.
 */
int client_new(struct loop *l, int fd, const struct client_options *options,
	       const struct client_handler *handler, struct client **ret);

/** client_free() - close the descriptor; what is queued is lost */
void client_free(struct client *c);

/**
 * client_write() - queue output, and send what goes now
 *
 * Output of a channel the client does not want is ignored.
 *
 * Return: 0; a negative errno when the client is gone: the caller frees it.
 */
int client_write(struct client *c, enum link_channel channel, const void *data, size_t len);

/**
 * client_taken() - position up to which a channel's output has left for the client
 *
 * Return: UINT64_MAX where the client takes nothing from that channel.
 */
uint64_t client_taken(const struct client *c, enum link_channel channel);

/** client_want_input() - call readable() when there is input, or not */
void client_want_input(struct client *c, bool want);

/**
 * client_read() - read input
 * @data: room for @max + DETACH_KEYS_MAX bytes
 * @max:  bytes to return at most, and more than may be held back as the client's keys
 *
 * Return: bytes; 0 when the input ended, now or before; -EAGAIN.
 */
ssize_t client_read(struct client *c, char *data, size_t max);

/** client_end_output() - no more output will come, but input still counts.  Return: 0; a negative
 * errno when the client is gone: the caller frees it. */
int client_end_output(struct client *c);

/**
 * client_finish() - no more output will come; once is enough
 *
 * gone() follows when the queue is out and the other end has closed, or soon after; not
 * from within this call.
 *
 * Return: 0; a negative errno when the client is gone already: the caller frees it.
 */
int client_finish(struct client *c);

/** client_busy() - is there output that the other end has yet to take? */
bool client_busy(const struct client *c);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"
#include "net/answer.h"

/* The control socket of moat-net (docs/NET.md). */

struct keeper;
struct server;

/* A request that waits for its answer, and is freed with it. */
struct call {
	struct net_request rq;
	int fd; /* came with the request; -1: none.  Whoever needs it takes it out */
	int conn;
	struct server *server;
};

/**
 * server_new() - begin to take requests, which handle() gets
 * @k:         borrowed
 * @listen_fd: taken over when this succeeds
 * @owner:     the user who may ask
 *
 * Return: 0; -errno.
 */
int server_new(struct keeper *k, int listen_fd, uid_t owner, struct server **ret);
void server_free(struct server *s);

/** call_answer() - say yes.  @fd: goes with the answer; borrowed; -1: none */
void call_answer(struct call *call, const struct net_answer *answer, int fd);

/** call_answer_text() - say yes with a text that is written already.  @text: owned; NULL: there was
 * no memory for it */
void call_answer_text(struct call *call, char *text, int fd);

/** call_refuse() - say no */
void call_refuse(struct call *call, const struct err *err);

/** call_end() - say yes, or no where @r is below 0 */
void call_end(struct call *call, int r, const struct err *err);

/** call_watch() - say yes, and send events over this connection from now on */
void call_watch(struct call *call);

/** server_refuse() - say no to those that have asked, or are about to, as this process cannot do
 * its work.  Returns when nobody has come for a moment. */
void server_refuse(int listen_fd, const struct err *err);

/** server_tell() - send an event to all that watch */
void server_tell(struct server *s, const struct net_event *e);

/** server_watched() - does anybody watch? */
bool server_watched(const struct server *s);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"
#include "loop/loop.h"

/*
 * The control socket: connections with one request and its answer, those that watch, and those that
 * hold the machine.  The peers are processes of the same user, or root.
 */
struct server;
struct conn;

struct server_handler {
	/** request() - to be answered, now or later.  @fds: CONTROL_FDS_MAX that came with it, or
	 * -1; may be taken over */
	void (*request)(void *arg, struct conn *conn, struct control_request *rq, int *fds);
	/** released() - a connection that held the machine is closed */
	void (*released)(void *arg);
};

/** server_new() - accept connections.  @listen_fd: borrowed, made non-blocking.  @handler:
 * borrowed.  Return: 0; -errno. */
int server_new(struct loop *loop, int listen_fd, const struct server_handler *handler, void *arg,
	       struct server **ret);

/** server_free() - NULL is accepted */
void server_free(struct server *s);

/** server_serve_waiting() - take every request that is there now */
void server_serve_waiting(struct server *s);

/** server_answer() - answer a request and close the connection.  @err: NULL where all went well */
void server_answer(struct conn *conn, const struct err *err);

/** server_answer_text() - as server_answer(), with the answer's text; NULL is out of memory */
void server_answer_text(struct conn *conn, const char *text);

/** server_answer_fd() - as server_answer_text(), with a descriptor; borrowed */
void server_answer_fd(struct conn *conn, const char *text, int fd);

/** server_wait() - the request is answered later.  @gone: called when the connection closes, on
 * either side */
void server_wait(struct conn *conn, void (*gone)(void *arg, struct conn *conn), void *arg);

/** server_forget() - close a connection without an answer */
void server_forget(struct conn *conn);

/** server_hold() - answer yes, and count the connection as one that holds until it is closed */
void server_hold(struct conn *conn);

/** server_is_held() - does somebody hold the machine? */
bool server_is_held(const struct server *s);

/** server_watch() - send every event to this connection from now on.  The caller sends it what
 * counts until now, by server_tell(). */
void server_watch(struct conn *conn);

/** server_is_watched() - does somebody watch? */
bool server_is_watched(const struct server *s);

/** server_tell() - send an event to a connection that watches; takes @event over, NULL is out of
 * memory.  Return: false where the peer does not keep up, and was dropped. */
bool server_tell(struct conn *conn, char *event);

/** server_tell_all() - send an event to those that watch; takes @event over, NULL is out of memory
 */
void server_tell_all(struct server *s, char *event);

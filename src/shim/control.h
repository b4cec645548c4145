/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

struct shim;
struct process;
struct control_request;

/*
 * The control socket: connections, their one request and its answer, and those that watch.
 * The peers are processes of the same user, or root.
 */
struct control;
struct conn;

/** control_new() - accept connections.  @listen_fd: borrowed, made non-blocking.  Return: 0;
 * -errno. */
int control_new(struct shim *s, int listen_fd, struct control **ret);

/** control_free() - NULL is accepted */
void control_free(struct control *c);

/** control_serve_waiting() - answer every request that is there now */
void control_serve_waiting(struct control *c);

/** control_answer() - answer a request and close the connection.  @err: NULL where all went well */
void control_answer(struct conn *conn, const struct err *err);

/** control_answer_text() - as control_answer(), with a message of one's own; NULL is out of memory
 */
void control_answer_text(struct conn *conn, const char *text);

/** control_wait() - the answer comes when @p runs, or does not */
void control_wait(struct conn *conn, struct process *p);

/** control_forget() - close a connection without an answer */
void control_forget(struct conn *conn);

/** control_watch() - send @text now, @missed too unless it is NULL, and from now on every event.
 * A @text of NULL is out of memory. */
void control_watch(struct conn *conn, const char *text, const char *missed);

/** control_event() - send an event to those that watch; one that does not keep up is dropped.  NULL
 * is out of memory. */
void control_event(struct control *c, const char *text);

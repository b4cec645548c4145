/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* A little HTTP server on loopback that says what a test wants, also what no real registry would.
 */

struct answer {
	const char *method;  /* NULL: any */
	const char *path;    /* what the request's target begins with */
	const char *auth;    /* only for requests with this Authorization; NULL: any */
	int status;	     /* 0: 200 */
	const char *type;    /* Content-Type */
	const char *headers; /* more header lines, each with "\r\n" */
	const void *body;
	size_t len;
	size_t cut_at;	  /* close after so many bytes of the body; 0: never */
	bool hangs_up;	  /* close instead of an answer, and before the request's body is read */
	bool ranges;	  /* honour Range */
	bool wrong_range; /* honour it at another place */
	int times;	  /* use so often, then look further; 0: always */
};

#define SERVER_ANSWERS_MAX 16
#define SERVER_LOG_MAX	   48

struct server {
	int fd;
	int port;
	pthread_t thread;
	pthread_mutex_t lock; /* held while a request is answered; guards what follows */
	struct answer answers[SERVER_ANSWERS_MAX];
	size_t n_answers;
	char log[SERVER_LOG_MAX][768]; /* "METHOD TARGET AUTHORIZATION RANGE", or Content-Range */
	size_t n_log;
	char received[4096]; /* the beginning of the last request's body */
	size_t received_len; /* of the whole of it */
};

void server_start(struct server *s);
void server_stop(struct server *s);

/** server_add() - a copy is kept; the first that fits is given */
void server_add(struct server *s, const struct answer *a);

#define SERVE(s, ...) server_add(s, &(struct answer){ __VA_ARGS__ })

/** server_clear() - forget all answers; none is on its way when it returns */
void server_clear(struct server *s);

/** server_logged() - how many requests had this text in their log line? */
size_t server_logged(struct server *s, const char *text);

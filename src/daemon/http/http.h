/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/json.h"

/*
 * A request and its reply as the API's handlers see them: no handler knows the HTTP library.
 * A handler is straight-line code that may block; it has a thread to itself.
 */

#define API_MINOR_MAX 47u /* minor number of the newest version: 1.47 */
#define API_MINOR_MIN 24u

#define HTTP_JSON_MAX_BYTES  (4u << 20)
#define HTTP_JSON_MAX_VALUES 100000u
#define HTTP_JSON_ALL_BYTES  (64u << 20) /* of all requests at one time */
#define HTTP_PARAMS_MAX	     500u	 /* docker repeats one for each image to save */

#define TYPE_JSON		"application/json"
#define TYPE_RAW_STREAM		"application/vnd.docker.raw-stream"
#define TYPE_MULTIPLEXED_STREAM "application/vnd.docker.multiplexed-stream"

struct api;

struct param {
	char *key;
	char *value; /* never NULL */
};

struct request {
	struct api *api;    /* what the handlers work on; borrowed */
	const char *method; /* borrowed */
	const char *path;   /* without the version; borrowed */
	unsigned api_minor; /* API_MINOR_MAX for an unversioned path */
	char *target;	    /* the part of the path that {} or {*} stood for; NULL without one */
	struct param *query;
	size_t n_query;
	char *registry_auth; /* header X-Registry-Auth, or NULL */
	bool wants_upgrade;  /* the client sent "Upgrade" */
	bool from_moat;	     /* the client says it is moat's command line */
	int client_fd;	     /* the client's socket; to be polled and duplicated, nothing else */
	struct buf body;     /* whole body; empty for a ROUTE_UPLOAD */
	int body_fd;	     /* ROUTE_UPLOAD: the body as it comes in; else -1 */
};

/** request_arg() - get a query parameter; borrowed; NULL when it is not there */
const char *request_arg(const struct request *rq, const char *key);

/** request_flag() - get a boolean of the query as docker reads it: "", 0, no, false and none are
 * false */
bool request_flag(const struct request *rq, const char *key, bool otherwise);

/** request_is_abandoned() - has the client gone away?  @request: a struct request, as void for
 * struct progress' cancelled() */
bool request_is_abandoned(void *request);

/** request_json() - parse the body as a JSON object; an empty body is {}.  @ret: owned.  Return: 0;
 * -EBADMSG, -EFBIG with a message; -ENOMEM. */
int request_json(const struct request *rq, json_t **ret, struct err *err);

/* A body that is produced while it is sent. */
struct stream {
	/** read() - wait for bytes.  Return: their number, at most @max; 0 at the end; -errno cuts
	 * the connection. */
	ssize_t (*read)(void *arg, char *data, size_t max);
	/** free() - called once, also when the client went away */
	void (*free)(void *arg);
};

/* A connection that stops being HTTP.  Exactly one of the two functions is called. */
struct hijack {
	/**
	 * take() - the head of the answer has been sent
	 * @fd:    a duplicate of the client's socket, owned by the callee
	 * @early: bytes that the client sent after its request; borrowed
	 */
	void (*take)(void *arg, int fd, const void *early, size_t len);
	/** drop() - the client went away before that */
	void (*drop)(void *arg);
};

struct reply {
	unsigned status;
	const char *content_type; /* static */
	struct buf body;
	const struct stream *stream; /* NULL: @body is the whole body */
	const struct hijack *hijack;
	void *arg;	    /* argument of stream or hijack */
	const char *header; /* one more header's name; static; NULL for none */
	char *header_value; /* owned */
	bool ping_headers;  /* with the headers of /_ping: API version and others */
};

/** reply_json() - answer with a JSON value; takes @value over, NULL counts as out of memory.
 * Return: 0; -ENOMEM. */
int reply_json(struct reply *rp, unsigned status, json_t *value, struct err *err);

/** reply_text() - answer with text.  Return: 0; -ENOMEM. */
int reply_text(struct reply *rp, unsigned status, const char *content_type, const char *text,
	       struct err *err);

/** reply_empty() - answer without a body.  Return: 0. */
int reply_empty(struct reply *rp, unsigned status);

/** reply_stream() - answer with a body that is produced while it is sent.  Return: 0. */
int reply_stream(struct reply *rp, const char *content_type, const struct stream *stream,
		 void *arg);

/** reply_hijack() - answer 101 and hand the connection over; 200 to a client that did not ask for
 * an upgrade.  Return: 0. */
int reply_hijack(const struct request *rq, struct reply *rp, const char *content_type,
		 const struct hijack *hijack, void *arg);

/** http_status() - the HTTP status for a negative errno of a handler */
unsigned http_status(int code);

/** http_error_body() - {"message":…,"errno":N} appended to @b.  Return: 0; -ENOMEM. */
int http_error_body(struct buf *b, const struct err *err);

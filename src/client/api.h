/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"
#include "client/http.h"

/*
 * Requests to moatd over one connection that is kept open between them.  A connection the
 * server has closed meanwhile is opened again; a request that was sent is never repeated.
 */

#define API_REPLY_MAX_BYTES (64u << 20)

struct api;

/** @ret_fd: a connected stream socket, owned by the caller.  Return: 0; negative errno with a
 * message. */
typedef int (*api_dial_fn)(void *arg, int *ret_fd, struct err *err);

struct api_request {
	const char *method;
	const char *path;	   /* with version and query; see url.h */
	const json_t *body;	   /* borrowed; NULL for none */
	const char *registry_auth; /* value of X-Registry-Auth; NULL for none */
	bool upgrade;
	http_body_fn
		on_body; /* gets the body of a success in pieces; NULL: it is gathered as JSON */
	void *arg;
	/* Of an upload: told how many bytes were sent; NULL: not needed. */
	void (*on_sent)(void *arg, uint64_t bytes);
	void *sent_arg;
	const char *want_header; /* to be had from api_header(); NULL for none */
};

/** api_new() - make a connection, which is opened when needed.  @dial: opens it.  @ret: owned,
 * api_free().  Return: 0; -ENOMEM. */
int api_new(api_dial_fn dial, void *arg, struct api **ret);

/** api_free() - NULL is accepted */
void api_free(struct api *a);

/** api_disconnect() - close the connection; the next request opens another */
void api_disconnect(struct api *a);

/** api_fd() - the connection's descriptor, to poll for POLLIN after api_send(); -1 without one */
int api_fd(const struct api *a);

/** api_send() - send a request; one at a time.  Return: 0; negative errno with a message. */
int api_send(struct api *a, const struct api_request *rq, struct err *err);

/**
 * api_step() - read once
 *
 * Return: 1 when the response is complete; 0 when more is to come; negative errno with a message,
 * -ECONNRESET when the server went away.
 */
int api_step(struct api *a, struct err *err);

/** api_status() - the status once the head has come; 0 before */
int api_status(const struct api *a);

/** api_header() - the value of the header that was wanted; borrowed; NULL when it has not come */
const char *api_header(const struct api *a);

/** api_done() - is the response complete? */
bool api_done(const struct api *a);

/**
 * api_finish() - judge a complete response
 * @ret: the JSON body, owned; NULL when there was none; may be NULL
 *
 * Return: the status, 2xx, 101 or 304; for others a negative errno with the server's message, whose
 * code is the server's own reason where it gives one:
 * -EINVAL for 400, -EACCES for 401 and 403, -ENOENT for 404, -EEXIST for 409, -EOPNOTSUPP for 501,
 * else -EIO.
 */
int api_finish(struct api *a, json_t **ret, struct err *err);

/**
 * api_call() - send a request, and judge the whole response
 *
 * A server that went away before it had read the request is followed by the next one.
 *
 * Return: as api_finish(); -ECONNRESET when the server went away.
 */
int api_call(struct api *a, const struct api_request *rq, json_t **ret, struct err *err);

/**
 * api_upgrade() - send a request that turns the connection into a raw stream
 * @ret_fd: owned by the caller
 * @early:  bytes of the stream that came with the response's head are appended
 *
 * Return: 0; as api_call(); -EPROTO when the server answered but did not upgrade.
 */
int api_upgrade(struct api *a, const struct api_request *rq, int *ret_fd, struct buf *early,
		struct err *err);

DEFINE_CLEANUP(struct api, api_free)
#define cleanup_api cleanup(api_free_cleanup_fn)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define HTTP_HEAD_MAX_BYTES 65536
#define HTTP_LINE_MAX_BYTES 8192 /* of a chunk's size line, or a trailer */

/** @data: a piece of the body, borrowed.  Return: 0; a negative errno, which ends the parsing. */
typedef int (*http_body_fn)(const void *data, size_t len, void *arg);

enum http_state {
	HTTP_HEAD,
	HTTP_SIZED, /* body with Content-Length */
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END,
	HTTP_TRAILER,
	HTTP_UNTIL_CLOSE,
	HTTP_DONE,
};

/*
 * One HTTP/1.1 response (RFC 9112), fed piecewise as it arrives.  Start with http_response_init(),
 * end with http_response_reset().
 */
struct http_response {
	enum http_state state;
	int status;    /* 100…599 once the state is past HTTP_HEAD */
	bool upgraded; /* 101: bytes after the head are no HTTP any more */
	bool close;    /* the connection cannot carry another request */
	char content_type[128];

	bool no_body;	    /* set by the caller: the request was HEAD */
	const char *wanted; /* set by the caller: a header to keep; NULL for none */
	char *wanted_value; /* owned; NULL until it has come */

	http_body_fn on_body;
	void *arg;
	bool has_length, chunked;
	uint64_t left; /* bytes of the body or chunk still to come */
	struct buf line;
};

/** http_response_init() - @fn gets the body in pieces; may be NULL */
void http_response_init(struct http_response *h, http_body_fn fn, void *arg);

/** http_response_reset() - free what the parser holds */
void http_response_reset(struct http_response *h);

/**
 * http_response_feed() - take bytes that arrived
 *
 * Nothing is consumed past the end of the response: with an upgrade the rest belongs to the
 * new protocol.
 *
 * Return: bytes consumed, fewer than @len only when the state is HTTP_DONE; -EBADMSG for what is
 * no response; -EFBIG for a head or line beyond its limit; -ENOMEM; what @fn returned.
 */
ssize_t http_response_feed(struct http_response *h, const char *data, size_t len);

/** http_response_eof() - the connection ended.  Return: 0 when that completes the response;
 * -ECONNRESET. */
int http_response_eof(struct http_response *h);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "image/image.h"

/* One HTTP request at a time, bounded in every direction, over libcurl. */

struct http;

/**
 * http_new() - a client with connections of its own; used by one thread at a time
 * @progress: borrowed, asked for cancellation; may be NULL
 * @settings: borrowed; may be NULL
 * @ret:      owned, http_free()
 *
 * Return: 0; -ENOMEM.
 */
int http_new(const struct progress *progress, const struct settings *settings, struct http **ret);

/** http_settings() - those it was made with */
const struct settings *http_settings(const struct http *h);

/** http_free() - NULL is accepted */
void http_free(struct http *h);

/** http_progress() - of the work that this client is for; may be NULL */
const struct progress *http_progress(const struct http *h);

/* Where the body of a successful answer goes. */
struct http_sink {
	/* Called once before the first byte; @offset is where in the content the body begins. */
	int (*begin)(void *arg, uint64_t offset, struct err *err);
	int (*write)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	uint64_t have_bytes; /* how much of the content it has; kept up to date by the two calls */
	const char *id;	     /* what people see it as; NULL: nothing */
};

/* What a request brings along; everything is borrowed. */
struct http_body {
	const char *type; /* Content-Type */
	const void *data; /* NULL: what is in @fd from @at on */
	int fd;
	uint64_t at;
	uint64_t len; /* bytes */
	bool is_part; /* Content-Range says which, of an upload in parts (distribution-spec) */
	/* Called now and then with how many bytes have gone out; may be NULL. */
	void (*sent)(void *arg, uint64_t bytes);
	void *arg;
};

struct http_request {
	const char *method;	      /* NULL: GET */
	const struct http_body *body; /* NULL: none */
	const char *url;	      /* http: may lead to https:, never the other way */
	const char *path; /* for registry_send(): below the repository; in place of an URL */
	const char *accept;
	const char *bearer;   /* token_valid(); NULL: none */
	const char *username; /* with @password, Basic; NULL: none */
	const char *password;
	uint64_t offset;	/* ask for the content from here on */
	struct http_sink *sink; /* NULL: into the response, at most @max_bytes */
	size_t max_bytes;
};

struct http_response {
	long status;
	char *content_type; /* without parameters; NULL: none */
	char *digest;	    /* Docker-Content-Digest; NULL: none */
	char *location;	    /* Location as an absolute URL; NULL: none */
	char *next_page;    /* Link to the next part of a list, the same; NULL: none */
	char **challenges;  /* WWW-Authenticate */
	uint64_t range_start;
	bool has_uploaded; /* Range: of an upload, how much the registry has */
	uint64_t uploaded_bytes;
	uint64_t part_min_bytes;  /* OCI-Chunk-Min-Length; 0: none */
	uint64_t retry_after_sec; /* Retry-After; 0: none */
	struct buf body;	  /* of errors at most 64 KiB */
};

void http_response_reset(struct http_response *r);

/**
 * http_send() - perform a request
 * @ret: http_response_reset() on success, whatever the status is
 *
 * A redirection to another host or port gets no credentials; which are followed at all:
 * redirect_check().  What changes something is repeated elsewhere only where the answer says so
 * (307, 308).
 *
 * Return: 0 when there is a whole answer; -ECONNRESET, -ETIMEDOUT worth another try;
 * -EPROTONOSUPPORT when the server does not speak the URL's scheme; -ECONNREFUSED, -EHOSTUNREACH,
 * -EPROTO; -EFBIG; -ECANCELED; what the sink returned.  All with a message.
 */
int http_send(struct http *h, const struct http_request *rq, struct http_response *ret,
	      struct err *err);

DEFINE_CLEANUP(struct http, http_free)
#define cleanup_http cleanup(http_free_cleanup_fn)

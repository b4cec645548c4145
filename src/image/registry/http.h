/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "image/image.h"

/* HTTP requests, one at a time, bounded in every direction, over libcurl. */

struct http;

/**
 * http_new() - make a client with connections of its own, for one thread at a time
 * @progress: borrowed, asked for cancellation; may be NULL
 * @settings: borrowed; may be NULL
 * @ret:      owned, http_free()
 *
 * Return: 0; -ENOMEM.
 */
int http_new(const struct progress *progress, const struct settings *settings, struct http **ret);

/** http_settings() - get the settings that a client was made with */
const struct settings *http_settings(const struct http *h);

/** http_free() - NULL is accepted */
void http_free(struct http *h);

/** http_progress() - get the progress that a client was made with; may be NULL */
const struct progress *http_progress(const struct http *h);

/* Takes the body of a successful answer. */
struct http_sink {
	/* Called once before the first byte.  @offset: the body's first byte in the content */
	int (*begin)(void *arg, uint64_t offset, struct err *err);
	int (*write)(void *arg, const void *data, size_t len, struct err *err);
	void *arg;
	uint64_t have_bytes; /* that it has; kept up to date by begin() and write() */
	const char *id;	     /* how people know the content; NULL: not at all */
};

/* The body of a request; everything is borrowed. */
struct http_body {
	const char *type; /* Content-Type */
	const void *data; /* NULL: the bytes of @fd, from @at on */
	int fd;
	uint64_t at;
	uint64_t len; /* bytes */
	bool is_part; /* of an upload; Content-Range says which (distribution-spec) */
	/* Called now and then with the count of bytes sent; may be NULL. */
	void (*sent)(void *arg, uint64_t bytes);
	void *arg;
};

struct http_request {
	const char *method;	      /* NULL: GET */
	const struct http_body *body; /* NULL: none */
	const char *url;	      /* http: may lead to https:, never the other way */
	const char *path; /* for registry_send(): path below the repository, instead of an URL */
	const char *accept;
	const char *bearer;   /* token_valid(); NULL: none */
	const char *username; /* for Basic, with @password; NULL: none */
	const char *password;
	uint64_t offset;	/* where in the content to begin */
	struct http_sink *sink; /* NULL: the body goes into the response, at most @max_bytes */
	size_t max_bytes;
};

struct http_response {
	long status;
	char *content_type; /* without parameters; NULL: none */
	char *digest;	    /* Docker-Content-Digest; NULL: none */
	char *location;	    /* Location as an absolute URL; NULL: none */
	char *next_page;    /* Link to the next page of a list, as an absolute URL; NULL: none */
	char **challenges;  /* WWW-Authenticate */
	uint64_t range_start;
	bool has_uploaded; /* the answer says how much of an upload the registry has */
	uint64_t uploaded_bytes;
	uint64_t part_min_bytes;  /* OCI-Chunk-Min-Length; 0: none */
	uint64_t retry_after_sec; /* Retry-After; 0: none */
	struct buf body;	  /* of an error at most 64 KiB */
};

void http_response_reset(struct http_response *r);

/**
 * http_send() - perform a request
 * @ret: http_response_reset() on success, whatever the status is
 *
 * Credentials are not sent on to another host or port; redirect_check() tells which redirections
 * are followed.  Requests that change something are repeated elsewhere only for answers that ask
 * for it (307, 308).
 *
 * Return: 0 when there is a whole answer; -ECONNRESET and -ETIMEDOUT, which are worth another try;
 * -EPROTONOSUPPORT when the server does not speak the URL's scheme; -ECONNREFUSED, -EHOSTUNREACH,
 * -EPROTO; -EFBIG; -ECANCELED; what the sink returned.  All with a message.
 */
int http_send(struct http *h, const struct http_request *rq, struct http_response *ret,
	      struct err *err);

DEFINE_CLEANUP(struct http, http_free)
#define cleanup_http cleanup(http_free_cleanup_fn)

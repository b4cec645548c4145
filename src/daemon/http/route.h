/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "daemon/http/http.h"

/* Which handler serves a request. Pure. */

typedef int (*handler_fn)(struct request *rq, struct reply *rp, struct err *err);

enum route_flags {
	ROUTE_UPLOAD = 1, /* the handler reads the body from body_fd while it comes in */
	ROUTE_STAYS = 2,  /* may last for as long as the client likes */
};

struct route {
	const char *method;
	/* A path; "{}" stands for one segment, "{*}" for one or more; there is one placeholder at
	 * most. */
	const char *pattern;
	handler_fn handler;
	unsigned flags;
};

/**
 * route_version() - take "/v1.N" off the front of a path
 * @ret_minor: N, or API_MINOR_MAX where there is no version
 * @ret_rest:  the path behind it; borrowed from @path
 *
 * Return: 0; -EINVAL with a message when moat does not speak that version.
 */
int route_version(const char *path, unsigned *ret_minor, const char **ret_rest, struct err *err);

/**
 * route_match() - does a path fit a pattern?
 * @ret_target, @ret_len: what the placeholder stands for; borrowed from @path; NULL and 0 where
 *                        the pattern has none
 */
bool route_match(const char *pattern, const char *path, const char **ret_target, size_t *ret_len);

/** route_find() - find the first route of a table (ends with a NULL method) that fits a request;
 * NULL when there is none */
const struct route *route_find(const struct route *table, const char *method, const char *path,
			       const char **ret_target, size_t *ret_len);

/* All that a server needs to know of its service. */
struct service {
	const struct route *routes; /* ends with a NULL method */
	struct api *api;	    /* for the handlers */
};

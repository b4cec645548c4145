/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/registry/registry.h"

/* What registry.c and upload.c share. */

struct registry {
	const struct reference *ref;
	const struct registry_auth *auth;
	char *base;	       /* "https://host/v2/repository" */
	char *name;	       /* "alpine:3", for messages */
	char *repository_name; /* "alpine" */
	char **scopes;	       /* of the token */
	bool pushes;
	char *mount_from; /* repository; NULL: none */
	pthread_mutex_t lock;
	/* guarded by lock */
	char *token;
	bool basic;
};

/** registry_send() - a request with what authorization there is; a challenge is answered once.
 * Return: as http_send(). */
int registry_send(struct registry *reg, struct http *h, struct http_request *rq,
		  struct http_response *ret, struct err *err);

/** registry_refused() - the error that an answer is */
int registry_refused(const struct registry *reg, const struct http_response *rs, struct err *err);

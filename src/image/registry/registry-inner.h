/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/registry/address.h"
#include "image/registry/mirror.h"
#include "image/registry/registry.h"

/* Members that several files of the registry's client use. */

struct registry {
	const struct reference *ref;
	const struct registry_auth *auth;
	struct address address; /* its scheme changes with the first request at most */
	char *host;
	char *repository;      /* on this server; mirrors may put a prefix before it */
	char *base;	       /* "https://host/v2/repository" */
	char *name;	       /* "alpine:3", for messages */
	char *repository_name; /* "alpine" */
	char **scopes;	       /* scopes of the token */
	bool pushes;
	bool is_mirror;
	struct registry **mirrors;
	size_t n_mirrors;
	size_t first; /* number of the server that had the manifest */
	pthread_mutex_t lock;
	/* Guarded by the lock. */
	char *token;
	bool basic;
};

/** registry_send() - send a request with the authorization at hand; a challenge is answered once.
 * Return: as http_send(). */
int registry_send(struct registry *reg, struct http *h, struct http_request *rq,
		  struct http_response *ret, struct err *err);

/** registry_make() - make a client for one server, without a login.  @repository: copied.  Return:
 * as registry_new(). */
int registry_make(const struct reference *ref, const char *repository,
		  const struct address *address, struct registry **ret, struct err *err);

/** registry_add_mirrors() - add the mirrors that the settings name.  Return: as registry_new(). */
int registry_add_mirrors(struct registry *reg, const struct settings *settings, struct err *err);

/** registry_server() - get a server by its number: mirrors first; n_mirrors is the registry
 * itself */
struct registry *registry_server(struct registry *reg, size_t i);

/** registry_get_manifest(), registry_get_blob() - as registry_manifest() and registry_blob(), but
 * from this server only */
int registry_get_manifest(struct registry *reg, struct http *h, const char *name,
			  struct document *ret, struct err *err);
int registry_get_blob(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		      struct http_sink *sink, struct err *err);

/** registry_external_blob() - as registry_get_blob(), but from an URL of the descriptor and without
 * credentials */
int registry_external_blob(struct registry *reg, struct http *h, const char *url,
			   struct http_sink *sink, struct err *err);

/** registry_refused() - turn an answer that is an error into one.
 * Return: -errno with a message. */
int registry_refused(const struct registry *reg, const struct http_response *rs, struct err *err);

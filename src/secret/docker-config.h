/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "secret/credentials.h"

/*
 * Docker's config.json, in $DOCKER_CONFIG or ~/.docker: where docker's client keeps logins, or says
 * which credential helper does.  Only read.
 */

#define DOCKER_CONFIG_MAX (1u << 20)

struct docker_config {
	json_t *document; /* an object; NULL: there is no such file */
};

/** docker_config_load() - @ret: docker_config_reset().  Return: 0, also where there is none;
 * -EBADMSG, -errno with a message that names the file. */
int docker_config_load(struct docker_config *ret, struct err *err);
void docker_config_reset(struct docker_config *c);

/** docker_config_store() - the credential helper for a registry: its own of "credHelpers", or
 * "credsStore".  Return: borrowed; NULL: none. */
const char *docker_config_store(const struct docker_config *c, const char *registry);

/** docker_config_auth() - what stands in the file itself.  @ret: credentials_reset(), on failure
 * too.  Return: 0, also where there is nothing; as credentials_read(). */
int docker_config_auth(const struct docker_config *c, const char *registry, struct credentials *ret,
		       struct err *err);

/** docker_config_registries() - those that the file has a login or a helper for.  @ret: owned,
 * strv_free().  Return: 0; -ENOMEM. */
int docker_config_registries(const struct docker_config *c, char ***ret);

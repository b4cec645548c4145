/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "secret/credentials.h"

/*
 * docker's config.json, in $DOCKER_CONFIG or ~/.docker, with logins, or the credential helpers that
 * have them.  Only read.
 */

#define DOCKER_CONFIG_MAX (1u << 20)

struct docker_config {
	json_t *document; /* an object; NULL: there is no such file */
};

/** docker_config_load() - read the file.  @ret: docker_config_reset().  Return: 0, also where there
 * is none; -EBADMSG, -errno with a message that names the file. */
int docker_config_load(struct docker_config *ret, struct err *err);
void docker_config_reset(struct docker_config *c);

/** docker_config_store() - find the credential helper of a registry: its own in "credHelpers", or
 * "credsStore".  Return: borrowed; NULL: none. */
const char *docker_config_store(const struct docker_config *c, const char *registry);

/** docker_config_auth() - get a login that is in the file itself.  @ret: credentials_reset(), on
 * failure too.  Return: 0, also where there is none; as credentials_read(). */
int docker_config_auth(const struct docker_config *c, const char *registry, struct credentials *ret,
		       struct err *err);

/** docker_config_registries() - list registries for which the file has a login or a helper.  @ret:
 * owned, strv_free().  Return: 0; -ENOMEM. */
int docker_config_registries(const struct docker_config *c, char ***ret);

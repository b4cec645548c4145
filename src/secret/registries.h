/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "secret/credentials.h"

/* Logins at registries, wherever they are kept: with moat or with docker, in a vault or in a file.
 */

/**
 * registry_credentials() - find the login for a registry
 * @registry:    "docker.io", "localhost:5000"
 * @ret:         credentials_reset(); empty where nobody is logged in
 * @ret_warning: owned; why docker's login cannot be used; NULL: it can
 *
 * A login with moat counts before one with docker.  Where the store of the former does not answer
 * that is an error; where docker's does not, it is as if there were none, since docker has one
 * store for all registries.
 *
 * Return: 0; as logins_open(), docker_config_load(), helper_find(), helper_get().
 */
int registry_credentials(const char *registry, struct credentials *ret, char **ret_warning,
			 struct err *err);

/**
 * registry_choose_store() - choose the store for a password
 * @asked: NULL: docker's store for this registry, else the session's Secret Service
 * @ret:   owned
 *
 * Return: 0; -ENOENT with a message that says what to install; -EINVAL, -ENOMEM.
 */
int registry_choose_store(const char *registry, const char *asked, char **ret, struct err *err);

/** registry_remember() - keep credentials.  Return: 0; as helper_store(), logins_set(). */
int registry_remember(const char *registry, const char *store, const struct credentials *c,
		      struct err *err);

/** registry_forget() - remove a login that is kept with moat.  @ret_was: there was one.  Return: 0;
 * as helper_erase(), logins_remove(). */
int registry_forget(const char *registry, bool *ret_was, struct err *err);

/** registries_known() - list all logins: an array of {"registry","store","username"}; the name is
 * "" where the store does not tell it.  @ret: owned.  Return: 0; as logins_open(),
 * docker_config_load(). */
int registries_known(json_t **ret, struct err *err);

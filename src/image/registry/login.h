/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/http.h"

/**
 * registry_login() - does a registry accept these credentials?
 * @name:         its host, "docker.io" or "localhost:5000"
 * @ret_identity: owned, to be wiped; a token that stands for name and password from now on; NULL:
 *                the registry gives none
 *
 * A registry without a challenge accepts everybody.
 *
 * Return: 0; -EACCES; -EPROTO; as http_send(); all with a message.
 */
int registry_login(const char *name, const struct registry_access *access, struct http *h,
		   char **ret_identity, struct err *err);

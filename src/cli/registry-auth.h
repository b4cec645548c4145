/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * registry_auth_header() - the value of X-Registry-Auth for requests about a registry's images
 * @registry: "docker.io", "localhost:5000"
 * @ret:      owned, text_wipe(); NULL where nobody is logged in
 *
 * A login kept by docker that cannot be read is warned of.
 *
 * Return: 0; as registry_credentials().
 */
int registry_auth_header(const char *registry, char **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "daemon/spec/secrets.h"

/**
 * container_secrets_check() - are all secrets there that a new container asks for?
 * @host: docker's HostConfig
 *
 * Return: 0; -EINVAL; -ENOENT with a message that names the missing one.
 */
int container_secrets_check(struct containers *t, const json_t *host, struct err *err);

/**
 * container_secrets_get() - get a container's secrets for its machine
 * @ret_fd: owned, control/secrets.h
 *
 * Return: 0; as secret_value().
 */
int container_secrets_get(struct containers *t, const struct secret_uses *uses, int *ret_fd,
			  struct err *err);

/** containers_with_secret() - the names of the containers that have a secret.  @ret: owned,
 * strv_free().  Return: 0; -errno with a message. */
int containers_with_secret(struct containers *t, const char *secret, char ***ret, struct err *err);

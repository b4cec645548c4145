/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * host_config_check() - check the request's HostConfig, and fill in its paths
 * @body:      the create request
 * @host_cpus: processors of this host
 * @ret:       owned
 *
 * Members that moat cannot honour are left to fields_check().
 *
 * Return: 0; -EINVAL, -EBADMSG or -EOPNOTSUPP with a message; -ENOMEM.
 */
int host_config_check(const json_t *body, unsigned host_cpus, json_t **ret, struct err *err);

/** host_config_warn() - add a warning for members of a checked HostConfig that have an effect, but
 * not quite docker's.  Return: 0; -ENOMEM. */
int host_config_warn(const json_t *host, char ***ret);

/** host_config_warn_closed() - add a warning for a container that is on internal networks only.
 * @network: one of them.  Return: 0; -ENOMEM. */
int host_config_warn_closed(const json_t *host, const char *network, char ***ret);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * host_config_check() - docker's HostConfig: the request's, checked, with its paths filled in
 * @body:      the create request
 * @host_cpus: processors of this host
 * @ret:       owned
 *
 * What moat cannot do is not looked for: fields_check() does that.
 *
 * Return: 0; -EINVAL, -EBADMSG or -EOPNOTSUPP with a message; -ENOMEM.
 */
int host_config_check(const json_t *body, unsigned host_cpus, json_t **ret, struct err *err);

/** host_config_warn() - add a text for what of a checked HostConfig is effective but for this.
 * Return: 0; -ENOMEM. */
int host_config_warn(const json_t *host, char ***ret);

/** host_config_warn_closed() - the same for a container on internal networks alone.  @network: one
 * of them.  Return: 0; -ENOMEM. */
int host_config_warn_closed(const json_t *host, const char *network, char ***ret);

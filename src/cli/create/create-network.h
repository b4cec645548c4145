/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_networks() - add NetworkMode from --network and its like, and NetworkingConfig where
 * networks have options.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_put_networks(const struct options *o, json_t *body, json_t *host, struct err *err);

/**
 * create_network() - one network as --network says it
 * @text:         "NAME", "NAME:ip=…,alias=…" or docker's "name=NAME,ip=…,alias=…"
 * @ret_name:     owned
 * @ret_endpoint: docker's EndpointSettings, owned; empty for a name alone
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int create_network(const char *text, char **ret_name, json_t **ret_endpoint, struct err *err);

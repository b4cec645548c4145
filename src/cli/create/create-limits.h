/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_ulimits() - add every --ulimit */
int create_put_ulimits(const struct options *o, json_t *host, struct err *err);

/** create_resources() - add limits and restart policy, which `update` can change, too, to a
 * HostConfig.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_resources(const struct options *o, json_t *host, struct err *err);

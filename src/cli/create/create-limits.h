/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_ulimits() - every --ulimit */
int create_put_ulimits(const struct options *o, json_t *host, struct err *err);

/** create_resources() - what `update` can change too, put into a HostConfig: limits and restart
 * policy.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_resources(const struct options *o, json_t *host, struct err *err);

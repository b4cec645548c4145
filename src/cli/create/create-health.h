/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_health() - docker's Healthcheck from the --health-* options, owned; NULL when there are
 * none.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_health(const struct options *o, json_t **ret, struct err *err);

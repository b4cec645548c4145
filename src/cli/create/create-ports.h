/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_ports() - add ExposedPorts to the request, PortBindings and PublishAllPorts to its
 * HostConfig.  Return: 0; -EINVAL with a message; -ENOMEM. */
int create_put_ports(const struct options *o, json_t *body, json_t *host, struct err *err);

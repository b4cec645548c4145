/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_sockets() - add --publish-socket and --ssh to moat's own members of HostConfig.
 * Return: 0; -EINVAL, -ENOENT with a message; -ENOMEM. */
int create_put_sockets(const struct options *o, json_t *ours, struct err *err);

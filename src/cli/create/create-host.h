/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_host() - make the whole HostConfig, and those members that belong beside it */
int create_put_host(const struct options *o, json_t *body, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_guest() - add options that change the surroundings of a container's processes */
int create_put_guest(const struct options *o, json_t *host, struct err *err);

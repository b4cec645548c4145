/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_guest() - what changes the surroundings the container's processes see */
int create_put_guest(const struct options *o, json_t *host, struct err *err);

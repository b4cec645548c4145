/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_log() - add LogConfig, from --log-driver and --log-opt */
int create_put_log(const struct options *o, json_t *host, struct err *err);

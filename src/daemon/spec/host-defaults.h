/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * host_config_fill() - fill in a stored HostConfig as docker shows it: every member, and docker's
 * default where nothing was asked for (no value, null, "" or 0)
 *
 * Return: 0; -ENOMEM.
 */
int host_config_fill(json_t *host);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * host_config_fill() - a stored HostConfig as docker shows it: with every member, and where nothing
 * was asked for (no value, null, "" or 0) with docker's default
 *
 * Return: 0; -ENOMEM.
 */
int host_config_fill(json_t *host);

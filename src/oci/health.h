/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/**
 * oci_health_parse() - read the argument of HEALTHCHECK: NONE, or options and CMD with a command
 * @ret: docker's Healthcheck object; a new reference
 *
 * Return: 0; -EINVAL with a message; -ENOMEM.
 */
int oci_health_parse(const char *arg, json_t **ret, struct err *err);

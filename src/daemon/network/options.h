/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/config.h"

/* docker's driver options, and moat's own among them. */

#define OPTION_EGRESS "moat.egress" /* "allow=example.org,allow=10.0.0.0/8:5432,deny" */

/**
 * network_options_read() - apply a network's options to its configuration
 * @options:      texts by name
 * @ret:          changed as they say
 * @ret_warnings: as of network_config_read()
 *
 * Return: 0; -EINVAL for a wrong value; -EOPNOTSUPP for an option that would make another network
 * of it, with a message; -ENOMEM.
 */
int network_options_read(const json_t *options, struct network_config *ret, char ***ret_warnings,
			 struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/config.h"

/* What docker calls driver options, and moat's own among them. */

#define OPTION_EGRESS "moat.egress" /* "allow=example.org,allow=10.0.0.0/8:5432,deny" */

/**
 * network_options_read() - what the options of a network mean
 * @options:      texts by name
 * @ret:          what they mean is set in there
 * @ret_warnings: as network_config_read()
 *
 * Return: 0; -EINVAL for a value that is none; -EOPNOTSUPP for one that would make another network
 * of it, with a message; -ENOMEM.
 */
int network_options_read(const json_t *options, struct network_config *ret, char ***ret_warnings,
			 struct err *err);

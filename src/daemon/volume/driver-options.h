/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/json.h"

/* What docker's local driver is told of a volume ("DriverOpts"), as far as moat does it. */
struct driver_options {
	uint64_t size_bytes; /* 0: as large as the disk lets it be */
	const char *device;  /* the folder of the host that it is; borrowed; NULL: one of moat's */
	bool read_only;
};

/**
 * driver_options_read() - check and read them
 * @options: object of texts; NULL for none
 *
 * Pure.  Return: 0; -EINVAL or -EOPNOTSUPP with a message.
 */
int driver_options_read(const json_t *options, struct driver_options *ret, struct err *err);

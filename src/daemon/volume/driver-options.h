/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/json.h"

/* The options of docker's local driver for a volume ("DriverOpts"), as far as moat has them. */
struct driver_options {
	uint64_t size_bytes; /* 0: as large as the disk lets it be */
	const char *device;  /* the volume's folder on the host; borrowed; NULL: one of moat's */
	bool read_only;
};

/**
 * driver_options_read() - check and read them
 * @options: object of texts; NULL for none
 *
 * Pure.  Return: 0; -EINVAL or -EOPNOTSUPP with a message.
 */
int driver_options_read(const json_t *options, struct driver_options *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/** oci_capabilities_read() - an array of names as a bit mask; NULL is none.  Return: 0; -EBADMSG
 * with a message. */
int oci_capabilities_read(const json_t *array, uint64_t *ret, struct err *err);

/** oci_capabilities_write() - a new array of "CAP_…" names; NULL when out of memory */
json_t *oci_capabilities_write(uint64_t mask);

/** oci_capability_parse() - "CAP_NET_RAW", "net_raw" or "NET_RAW" to its number.  Return: 0…63;
 * -EINVAL. */
int oci_capability_parse(const char *name);

/** oci_default_capabilities() - docker's 14 defaults as a bit mask */
uint64_t oci_default_capabilities(void);

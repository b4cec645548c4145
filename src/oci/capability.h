/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/** oci_capabilities_read() - read an array of names into a bit mask; NULL is none.  Return: 0;
 * -EBADMSG with a message. */
int oci_capabilities_read(const json_t *array, uint64_t *ret, struct err *err);

/** oci_capabilities_write() - make an array of "CAP_…" names; NULL when out of memory */
json_t *oci_capabilities_write(uint64_t mask);

/** oci_capability_parse() - get the number of "CAP_NET_RAW", "net_raw" or "NET_RAW".  Return: 0…63;
 * -EINVAL. */
int oci_capability_parse(const char *name);

/** oci_default_capabilities() - get docker's 14 defaults as a bit mask */
uint64_t oci_default_capabilities(void);

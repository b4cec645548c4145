/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/network.h"

/**
 * oci_network_read() - read a network from moatd's message to moat-shim (docs/CONTROL.md)
 * @obj: an object with "interfaces"; NULL is a network without one
 * @ret: oci_network_reset(); untouched on failure
 *
 * Return: 0; -EBADMSG or -EINVAL with a message; -ENOMEM.
 */
int oci_network_read(const json_t *obj, struct oci_network *ret, struct err *err);

/** oci_network_write() - make the object of a network.  Return: owned; NULL when out of memory. */
json_t *oci_network_write(const struct oci_network *n);

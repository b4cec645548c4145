/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "oci/network.h"

/**
 * oci_network_check() - can a machine have this network?
 *
 * Checks bounds, names, the texts' meaning, and that slots and names differ.  Pure.
 *
 * Return: 0; -EINVAL with a message that names the interface.
 */
int oci_network_check(const struct oci_network *n, struct err *err);

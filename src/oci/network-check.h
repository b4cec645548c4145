/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "oci/network.h"

/**
 * oci_network_check() - is it one that a machine can have?
 *
 * Pure: bounds, names, what the texts mean, and that slots and names differ.
 *
 * Return: 0; -EINVAL with a message that names the interface.
 */
int oci_network_check(const struct oci_network *n, struct err *err);

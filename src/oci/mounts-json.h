/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/mounts.h"

/**
 * oci_mounts_read() - add a mount of type "bind" from a config.json's "mounts"
 *
 * Return: 0; -EBADMSG or -EINVAL with a message that names the destination; -ENOMEM; @m as it was
 * after each.
 */
int oci_mounts_read(const json_t *mount, struct oci_mounts *m, struct err *err);

/** oci_mounts_write() - append the mounts to the array of a config.json's "mounts".  Return: 0;
 * -ENOMEM. */
int oci_mounts_write(const struct oci_mounts *m, json_t *list);

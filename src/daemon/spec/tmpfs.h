/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/** spec_tmpfs() - "Tmpfs", "Mounts" of that type, "ShmSize"
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM. */
int spec_tmpfs(const json_t *host, struct oci_options *o, struct err *err);

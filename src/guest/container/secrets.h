/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "oci/mounts.h"
#include "oci/secrets.h"

/** secrets_mount() - mount secrets, by the container's first process in its root: a tmpfs at
 * /run/secrets, and single files where other places were asked for; all read-only.  @others: the
 * mounts that are there already.  Return: 0; -errno with a message. */
int secrets_mount(const struct oci_secrets *s, const struct oci_mounts *others, struct err *err);

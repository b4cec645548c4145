/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/process/users.h"
#include "oci/process.h"

/**
 * credentials_apply() - give up all rights that the process shall not have, for good
 *
 * Resource limits, capability bounding set, groups, user, capabilities, no_new_privs.  Root keeps
 * the capabilities of the mask, others keep none; inheritable and ambient are empty.
 *
 * Return: 0; -errno.
 */
int credentials_apply(const struct oci_process *p, const struct user *u, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/**
 * spec_limits() - limits of memory, CPU and processes, and others of the guest's cgroup
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM.
 */
int spec_limits(const json_t *host, struct oci_runtime *rt, struct err *err);

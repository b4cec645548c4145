/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/** spec_paths() - what is hidden, and what is read-only
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM. */
int spec_paths(const json_t *host, struct oci_runtime *rt, struct err *err);

/** spec_options() - what most containers do without; after the process's capabilities are known
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM. */
int spec_options(const json_t *config, const json_t *host, struct oci_runtime *rt, struct err *err);

/** spec_security_opt() - the value of a "SecurityOpt": borrowed, "" where it has none, NULL where
 * it was not given.  The last one counts.  @ret: into @host. */
int spec_security_opt(const json_t *host, const char *name, const char **ret, struct err *err);

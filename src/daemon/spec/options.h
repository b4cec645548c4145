/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/**
 * spec_paths() - paths that are hidden, or read-only
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM.
 */
int spec_paths(const json_t *host, struct oci_runtime *rt, struct err *err);

/**
 * spec_options() - options that most containers do without; to be called when the process's
 * capabilities are known
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM.
 */
int spec_options(const json_t *config, const json_t *host, struct oci_runtime *rt, struct err *err);

/** spec_security_opt() - get the value of a "SecurityOpt", the last of this name.  @ret: borrowed
 * from @host; "" where it has no value; NULL where it was not given. */
int spec_security_opt(const json_t *host, const char *name, const char **ret, struct err *err);

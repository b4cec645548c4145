/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/runtime.h"

/* Parts of config_runtime(), by subject.  Each: Return: 0; -EINVAL or -EBADMSG with docker's
 * message where it has one; -ENOMEM. */

/** spec_limits() - memory, CPU, processes, and what else the guest's cgroup keeps */
int spec_limits(const json_t *host, struct oci_runtime *rt, struct err *err);

/** spec_paths() - what is hidden, and what is read-only */
int spec_paths(const json_t *host, struct oci_runtime *rt, struct err *err);

/** spec_options() - what most containers do without; after the process's capabilities are known */
int spec_options(const json_t *config, const json_t *host, struct oci_runtime *rt, struct err *err);

/** spec_tmpfs() - "Tmpfs", "Mounts" of that type, "ShmSize" */
int spec_tmpfs(const json_t *host, struct oci_options *o, struct err *err);

/** spec_names() - lines of /etc/hosts, and /etc/resolv.conf where it is to be another */
int spec_names(const json_t *host, struct oci_options *o, struct err *err);

/** spec_security_opt() - the value of a "SecurityOpt": borrowed, "" where it has none, NULL where
 * it was not given.  The last one counts.  @ret: into @host. */
int spec_security_opt(const json_t *host, const char *name, const char **ret, struct err *err);

/** spec_is_word() - is it short, and without white space and control characters? */
bool spec_is_word(const char *s);

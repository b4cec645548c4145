/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/container/cgroup.h"
#include "oci/options.h"

/* The rarer options of a container (struct oci_options).  Nothing here runs for a container that
 * asks for none. */

/** options_set_sysctls() - set sysctls, by moat-init within the container's namespaces.  Return: 0;
 * -errno. */
int options_set_sysctls(const struct oci_options *o, struct err *err);

/** options_apply() - set further limits and make devices, by moat-init.  @dev_fd: the container's
 * /dev, before its first process has it.  Return: 0; -errno. */
int options_apply(const struct oci_options *o, const struct cgroup *cg, int dev_fd,
		  struct err *err);

/** options_mount() - mount the file systems that options ask for, by the container's first process
 * in its root.  @share_fds: as places_mount() has them.  Return: 0; -errno. */
int options_mount(const struct oci_options *o, const int *share_fds, struct err *err);

/** options_filter() - restrict the calling process's system calls, for good.  Return: 0; -errno. */
int options_filter(const struct oci_options *o, struct err *err);

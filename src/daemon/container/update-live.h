/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "oci/runtime.h"

/** update_live() - change the limits of a running container from @old's to @new's
 * @cpuset: processors of the host its machine is to keep to; NULL: as before
 *
 * Return: 0; -EINVAL with a message where its machine is too small; -EBUSY with a message where it
 * is paused, or uses more than a limit leaves; -errno with a message. */
int update_live(const struct container *c, const struct oci_runtime *old,
		const struct oci_runtime *new, const char *cpuset, struct err *err);

/** update_settings() - list what is to be written into the guest's cgroup.  Pure.  @ret: owned;
 * NULL when nothing differs.  Return: 0; -ENOMEM. */
int update_settings(const struct oci_runtime *old, const struct oci_runtime *new, char ***ret);

/** update_check_size() - do the limits fit into a machine?  Pure.  Return: 0; -EINVAL with a
 * message. */
int update_check_size(const struct oci_runtime *rt, unsigned cpus, uint64_t memory_bytes,
		      struct err *err);

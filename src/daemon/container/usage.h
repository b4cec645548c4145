/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "link/query.h"

/* What a container's guest says of it.  Numbers and texts are the guest's own claims, but for the
 * time of processors, which is the host's. */

/** container_usage() - what it uses.  @ret: untouched for one that does not run, or whose guest
 * does not answer */
void container_usage(struct container *c, struct link_stats *ret);

/** container_processes() - @ret: owned array, free(3).  Return: 0; -EBUSY with docker's message
 * when it does not run; -errno with a message. */
int container_processes(struct container *c, struct link_proc **ret, size_t *ret_n,
			struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "link/query.h"

/* What a container's guest says of it.  Numbers and texts are the guest's claims, except processor
 * time, which the host measures. */

/** container_usage() - ask what a container uses.  @ret: untouched where it does not run, or its
 * guest does not answer */
void container_usage(struct container *c, struct link_stats *ret);

/** container_processes() - list the processes of a container.  @ret: owned array, free(3).  Return:
 * 0; -EBUSY with docker's message when it does not run; -errno with a message. */
int container_processes(struct container *c, struct link_proc **ret, size_t *ret_n,
			struct err *err);

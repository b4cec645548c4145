/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "guest/container/cgroup.h"
#include "guest/container/mounts.h"
#include "link/setup.h"
#include "oci/options.h"

/* What moat-init knows of the machine it runs; one per machine, made in main(). */
struct machine {
	struct cgroup cgroup;
	struct mounts mounts;
	struct link_setup setup;    /* owned; valid from SETUP on */
	struct oci_options options; /* empty unless has_options */
	bool has_options;	    /* OPTIONS came before SETUP */
	uint64_t oom_told;	    /* processes killed for want of memory the host knows of */
	bool had_first;		    /* the container's first process was started */
	pid_t first_pid;	    /* 0 when it is not running */
	int first_pidfd;	    /* by which others find its mount namespace; -1 likewise */
};

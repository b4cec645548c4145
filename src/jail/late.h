/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The last steps into a jail, for a process that was forked of one which had not taken them: its
 * user, its privileges, its system calls.  They are taken by the process itself, by system calls
 * alone: the C library believes that there are threads, which there are not yet.
 */

#define JAIL_FILTER_MAX 4096 /* instructions */

struct sock_filter;

#define NOBODY_UID 65534u

struct jail_late {
	uint32_t user;	      /* to become; 0: it stays who it is */
	uint32_t threads_max; /* of the user; 0: no bound */
};

/** jail_enter_late() - @filter: of seccomp.  Return: 0; -errno: the process is to end. */
int jail_enter_late(const struct jail_late *j, const struct sock_filter *filter, size_t n);

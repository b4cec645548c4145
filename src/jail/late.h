/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The last steps into a jail, for a process that was forked of one which had not taken them: user,
 * privileges, system calls.  The process takes them itself, by plain system calls: the C library
 * believes that there are threads, which there are not yet.
 */

#define JAIL_FILTER_MAX 4096 /* instructions */

struct sock_filter;

#define NOBODY_UID 65534u

struct jail_late {
	uint32_t user;	      /* user id to become; 0: no change */
	uint32_t threads_max; /* limit of that user's threads; 0: none */
};

/** jail_enter_late() - take these steps.  @filter: of seccomp.  Return: 0; -errno: the process is
 * to end. */
int jail_enter_late(const struct jail_late *j, const struct sock_filter *filter, size_t n);

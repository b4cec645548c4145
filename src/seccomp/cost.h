/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <seccomp.h>
#include <stddef.h>

struct call_cost;

/* The cost of a filter's rules, by system call.  {0} is a filter without rules. */
struct filter_cost {
	struct call_cost *calls;
	size_t n_calls;
	unsigned total; /* instructions, as an upper estimate */
};

void cost_reset(struct filter_cost *c);

/**
 * cost_add() - count a rule before it is given to libseccomp
 * @nr:   number of the system call, also one of libseccomp's own below 0
 * @args: the conditions, all of which must hold; borrowed
 * @n:    their number, at most 6
 * @n_archs: architectures, each of which gets every rule
 *
 * Return: 0; -E2BIG when it would be too much for libseccomp; -ENOMEM.
 */
int cost_add(struct filter_cost *c, int nr, const struct scmp_arg_cmp *args, unsigned n,
	     unsigned n_archs);

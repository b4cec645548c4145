/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  libseccomp merges the rules of a system call into one tree.  That grows
 * with the rules where each has one condition, or where all ask whether the same arguments are
 * equal to something.  Otherwise a rule is hung below every way through those before it: n rules of
 * up to k conditions become about n^k instructions, in a time that grows faster.  libseccomp knows
 * no limit: eight short rules take it seconds, and past 65,535 instructions it writes beyond its
 * memory.  So what a rule may come to is counted before, from measurements.
 *
 * The rules come from a user, by way of the API.
 */
#include "seccomp/cost.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Twice the kernel's limit: the count is an upper bound, and libseccomp shares instructions between
 * rules. */
#define TOTAL_MAX (2u * BPF_MAXINSNS)
/* The limit for one system call whose rules branch: tens of milliseconds of libseccomp's work. */
#define BRANCHING_MAX 1024u

#define COST_OF_RULE	  3u
#define COST_OF_CONDITION 7u /* four, and three where it becomes a rule of its own */

struct call_cost {
	int nr;
	unsigned n_rules;
	unsigned max_conditions; /* of one rule */
	unsigned args;		 /* one bit for each argument that the first rule tests */
	unsigned linear;
	unsigned counted; /* its part of the total */
	bool differ;	  /* some rule is no equality of those arguments */
};

void cost_reset(struct filter_cost *c)
{
	free(c->calls);
	*c = (struct filter_cost){ 0 };
}

static struct call_cost *find_call(struct filter_cost *c, int nr)
{
	struct call_cost *calls;

	for (size_t i = 0; i < c->n_calls; i++) {
		if (c->calls[i].nr == nr)
			return &c->calls[i];
	}
	calls = reallocarray(c->calls, c->n_calls + 1, sizeof(*calls));
	if (!calls)
		return NULL;
	c->calls = calls;
	calls[c->n_calls] = (struct call_cost){ .nr = nr };
	return &calls[c->n_calls++];
}

static unsigned cost_of(const struct call_cost *call)
{
	unsigned power = 1;

	if (!call->differ || call->max_conditions <= 1 || call->n_rules <= 1)
		return call->linear;
	for (unsigned i = 0; i < call->max_conditions; i++) {
		power *= call->n_rules;
		if (power > BRANCHING_MAX)
			return TOTAL_MAX + 1;
	}
	return power > call->linear ? power : call->linear;
}

int cost_add(struct filter_cost *c, int nr, const struct scmp_arg_cmp *args, unsigned n,
	     unsigned n_archs)
{
	struct call_cost *call = find_call(c, nr);
	unsigned mask = 0;

	if (!call)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		mask |= 1u << args[i].arg;
		call->differ = call->differ || args[i].op != SCMP_CMP_EQ;
	}
	if (call->n_rules++ == 0)
		call->args = mask;
	call->differ = call->differ || mask != call->args;
	if (call->max_conditions < n)
		call->max_conditions = n;
	call->linear += COST_OF_RULE + COST_OF_CONDITION * n;
	c->total -= call->counted;
	call->counted = cost_of(call);
	c->total += call->counted;
	return (uint64_t)c->total * n_archs > TOTAL_MAX ? -E2BIG : 0;
}

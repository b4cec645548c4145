/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/egress.h"

/*
 * The rules of a limited network, parsed.  Rules with names that allow the same ports are a group:
 * their addresses are in the same sets.
 */

struct egress_entry {
	struct egress_rule rule;
	int group; /* -1: the rule has no name */
};

struct egress_list {
	struct egress_entry *entries; /* owned */
	size_t n;
	int groups;
};

/** egress_list_make() - parse rules.  @allow: texts that egress_parse() accepts; NULL: none.
 * Return: 0; -ENOMEM. */
int egress_list_make(char *const *allow, struct egress_list *ret);

void egress_list_reset(struct egress_list *list);

/** egress_group_rule() - get a rule of a group, for the ports it allows */
const struct egress_rule *egress_group_rule(const struct egress_list *list, int group);

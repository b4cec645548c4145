/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/egress-list.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

static bool same_ports(const struct egress_rule *a, const struct egress_rule *b)
{
	return a->port == b->port && a->tcp == b->tcp && a->udp == b->udp;
}

static int choose_group(struct egress_list *list, const struct egress_rule *rule)
{
	if (!*rule->name)
		return -1;
	for (size_t i = 0; i < list->n; i++)
		if (list->entries[i].group >= 0 && same_ports(&list->entries[i].rule, rule))
			return list->entries[i].group;
	return list->groups++;
}

int egress_list_make(char *const *allow, struct egress_list *ret)
{
	struct egress_list list = { 0 };

	list.entries = calloc(strv_len(allow) + 1, sizeof(*list.entries));
	if (!list.entries)
		return -ENOMEM;
	for (; allow && *allow; allow++) {
		struct egress_entry *e = &list.entries[list.n];

		if (egress_parse(*allow, &e->rule, NULL) < 0)
			continue;
		e->group = choose_group(&list, &e->rule);
		list.n++;
	}
	*ret = list;
	return 0;
}

void egress_list_reset(struct egress_list *list)
{
	free(list->entries);
	*list = (struct egress_list){ 0 };
}

const struct egress_rule *egress_group_rule(const struct egress_list *list, int group)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->entries[i].group == group)
			return &list->entries[i].rule;
	return NULL;
}

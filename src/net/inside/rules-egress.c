/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/rules-egress.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "net/inside/names.h"
#include "net/inside/rules.h"

#define PLACE_MAX 80

static const uint8_t families[] = { AF_INET, AF_INET6 };

void egress_set(const struct network *n, int group, uint8_t family, unsigned generation,
		char ret[EGRESS_SET_MAX])
{
	snprintf(ret, EGRESS_SET_MAX, "g%d_%s_%d%c", group, n->spec.id, family == AF_INET ? 4 : 6,
		 generation == 0 ? 'a' : 'b');
}

typedef int (*set_fn)(struct buf *b, const char *set, uint8_t family);

static int each_set(struct buf *b, const struct network *n, unsigned generation, set_fn fn)
{
	int r = 0;

	for (int group = 0; group < n->egress.groups; group++) {
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
			char set[EGRESS_SET_MAX];

			egress_set(n, group, families[i], generation, set);
			r = fn(b, set, families[i]);
		}
	}
	return r;
}

static int add_set(struct buf *b, const char *set, uint8_t family)
{
	return buf_addf(b, "add set inet moat %s { type %s; }\n", set,
			family == AF_INET ? "ipv4_addr" : "ipv6_addr");
}

static int remove_set(struct buf *b, const char *set, uint8_t family)
{
	(void)family;
	return buf_addf(b, "delete set inet moat %s\n", set);
}

static int flush_set(struct buf *b, const char *set, uint8_t family)
{
	(void)family;
	return buf_addf(b, "flush set inet moat %s\n", set);
}

static int each_generation(struct buf *b, const struct network *n, set_fn fn)
{
	int r = 0;

	for (unsigned generation = 0; r == 0 && generation < EGRESS_GENERATIONS; generation++)
		r = each_set(b, n, generation, fn);
	return r;
}

int egress_expire(struct buf *b, const struct network *n, unsigned generation)
{
	return each_set(b, n, generation, flush_set);
}

static int let_out(struct buf *b, const struct network *n, const char *place, const char *ports)
{
	return buf_addf(b, "add rule inet moat n_%s oifname \"" UPLINK_DEVICE "\" %s%s accept\n",
			n->spec.id, place, ports);
}

/* Writes a rule for each protocol: a set of two would be an object of its own in the kernel. */
static int let_out_to(struct buf *b, const struct network *n, const char *place,
		      const struct egress_rule *rule)
{
	char ports[32];
	int r = 0;

	if (!rule->tcp && !rule->udp)
		return let_out(b, n, place, "");
	if (rule->tcp) {
		snprintf(ports, sizeof(ports), " tcp dport %u", rule->port);
		r = let_out(b, n, place, ports);
	}
	if (r == 0 && rule->udp) {
		snprintf(ports, sizeof(ports), " udp dport %u", rule->port);
		r = let_out(b, n, place, ports);
	}
	return r;
}

static int let_out_to_net(struct buf *b, const struct network *n, const struct egress_rule *rule)
{
	char net[IP_TEXT_MAX], place[PLACE_MAX];

	ip_net_format(&rule->net, net);
	if (rule->net.bits == 0)
		snprintf(place, sizeof(place), "meta nfproto %s",
			 rule->net.ip.family == AF_INET ? "ipv4" : "ipv6");
	else
		snprintf(place, sizeof(place), "%s daddr %s",
			 rule->net.ip.family == AF_INET ? "ip" : "ip6", net);
	return let_out_to(b, n, place, rule);
}

static int let_out_to_group(struct buf *b, const struct network *n, int group, uint8_t family)
{
	int r = 0;

	for (unsigned generation = 0; r == 0 && generation < EGRESS_GENERATIONS; generation++) {
		char set[EGRESS_SET_MAX], place[PLACE_MAX];

		egress_set(n, group, family, generation, set);
		snprintf(place, sizeof(place), "%s daddr @%s", family == AF_INET ? "ip" : "ip6",
			 set);
		r = let_out_to(b, n, place, egress_group_rule(&n->egress, group));
	}
	return r;
}

/* A name of the host's is no resolver's answer, so its addresses are written here. */
static int let_out_to_host(struct buf *b, const struct network *n, const struct egress_rule *rule)
{
	int r = let_out_to(b, n, "ct original ip daddr @hosts4", rule);

	return r == 0 ? let_out_to(b, n, "ct original ip6 daddr @hosts6", rule) : r;
}

static int add_limits(struct buf *b, const struct network *n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n->egress.n; i++) {
		const struct egress_entry *e = &n->egress.entries[i];

		if (e->group < 0)
			r = let_out_to_net(b, n, &e->rule);
		else if (names_is_host(e->rule.name))
			r = let_out_to_host(b, n, &e->rule);
	}
	for (int group = 0; r == 0 && group < n->egress.groups; group++) {
		r = let_out_to_group(b, n, group, AF_INET);
		if (r == 0)
			r = let_out_to_group(b, n, group, AF_INET6);
	}
	if (r < 0)
		return r;
	return buf_addf(b,
			"add rule inet moat n_%s limit rate 5/second burst 20 packets "
			"log prefix \"%s\" group %d snaplen 128\n",
			n->spec.id, n->spec.id, RULES_REFUSED_GROUP);
}

int egress_add(struct buf *b, const struct network *n)
{
	int r = buf_addf(b,
			 "add counter inet moat c_%s\n"
			 "add chain inet moat n_%s\n"
			 "flush chain inet moat n_%s\n",
			 n->spec.id, n->spec.id, n->spec.id);

	if (r == 0)
		r = each_generation(b, n, add_set);
	if (r == 0 && n->spec.limited && !n->spec.internal)
		r = add_limits(b, n);
	else if (r == 0 && !n->spec.internal)
		r = let_out(b, n, "", "");
	return r == 0 ? buf_addf(b,
				 "add rule inet moat n_%s counter name c_%s reject with icmpx "
				 "admin-prohibited\n",
				 n->spec.id, n->spec.id)
		      : r;
}

int egress_remove(struct buf *b, const struct network *n)
{
	int r = buf_addf(b,
			 "flush chain inet moat n_%s\n"
			 "delete chain inet moat n_%s\n"
			 "delete counter inet moat c_%s\n",
			 n->spec.id, n->spec.id, n->spec.id);

	return r == 0 ? each_generation(b, n, remove_set) : r;
}

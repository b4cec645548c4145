/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outside/host-rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/str.h"

/* More than anybody has. */
#define NUMBER_MAX 4096u

void host_table(unsigned number, char ret[HOST_TABLE_MAX])
{
	if (number == 0)
		snprintf(ret, HOST_TABLE_MAX, "moat");
	else
		snprintf(ret, HOST_TABLE_MAX, "moat_%u", number);
}

void host_device(unsigned number, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, "moat%u", number);
}

int host_number(const char *name, unsigned *ret)
{
	const char *rest = str_starts(name, "moat");
	uint32_t number;

	if (!rest)
		return -EINVAL;
	if (!*rest) {
		*ret = 0;
		return 0;
	}
	rest += *rest == '_';
	/* moat0's table is moat, and has no other name. */
	if (str_to_u32(rest, &number) < 0 || number > NUMBER_MAX)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* Matches every moat's interface: each has rules for its own. */
#define ANY_DEVICE "moat*"

/*
 * What comes from a container goes out under the host's own address, and only answers come in:
 * containers are reached from outside by published ports.  Interfaces that pass packets on only
 * because moat needs it pass on moat's.
 */
static int write_chains(struct buf *b, const char *table, const char *device)
{
	return buf_addf(b,
			"table inet %s {\n"
			"	set subnets4 {\n"
			"		type ipv4_addr\n"
			"		flags interval\n"
			"	}\n"
			"	set subnets6 {\n"
			"		type ipv6_addr\n"
			"		flags interval\n"
			"	}\n"
			"	set opened4 {\n"
			"		type ifname\n"
			"	}\n"
			"	set opened6 {\n"
			"		type ifname\n"
			"	}\n"
			"	set besides4 {\n"
			"		type ifname\n"
			"	}\n"
			"	chain forward {\n"
			"		type filter hook forward priority 0; policy accept;\n"
			"		oifname \"%s\" ct state != { established, related } drop\n"
			"		iifname \"%s\" ip saddr != @subnets4 drop\n"
			"		iifname \"%s\" ip6 saddr != @subnets6 drop\n"
			"		iifname \"" ANY_DEVICE "\" accept\n"
			"		oifname \"" ANY_DEVICE "\" accept\n"
			"		meta nfproto ipv4 iifname @opened4 drop\n"
			"		meta nfproto ipv6 iifname @opened6 drop\n"
			"		meta nfproto ipv4 iifname @besides4 drop\n"
			"	}\n"
			"	chain postrouting {\n"
			"		type nat hook postrouting priority 100; policy accept;\n"
			"		oifname != \"%s\" ip saddr @subnets4 masquerade\n"
			"		oifname != \"%s\" ip6 saddr @subnets6 masquerade\n"
			"	}\n"
			"}\n",
			table, device, device, device, device, device);
}

/*
 * Connections of the host's own to its own addresses may take shortcuts (shortcuts.c).  A key in
 * the set "refused" makes the next ones take the relay:
 * - where a request is sent a second time, as something on the host drops it or its answer;
 * - where nobody listens at the end of the shortcut.  The first refusal is dropped, so the client
 *   sends its request again after a second, and the relay gets it, which can wait;
 * - where the way out is not moat's device, as one of the host's own routes counts for the client,
 *   or the device is gone.  The request is dropped, and sent again likewise.
 * As shortcuts from loopback leave by the device, it may have packets for loopback: those that come
 * by it are dropped, but for answers.
 */
static int write_shortcuts(struct buf *b, const char *table, const char *device)
{
	return buf_addf(
		b,
		"table inet %s {\n"
		"	map " HOST_SHORTCUTS " {\n"
		"		type ipv4_addr . inet_service : ipv4_addr . inet_service\n"
		"		flags timeout\n"
		"	}\n"
		"	set refused {\n"
		"		type ipv4_addr . inet_service\n"
		"		size 65536\n"
		"		flags dynamic, timeout\n"
		"	}\n"
		"	chain again {\n"
		"		type filter hook output priority -150; policy accept;\n"
		"		ct status dnat tcp flags & (syn | ack) == syn "
		"add @refused { ip daddr . tcp dport timeout 1m }\n"
		"	}\n"
		"	chain output {\n"
		"		type nat hook output priority -100; policy accept;\n"
		"		ip daddr . tcp dport @refused return\n"
		"		fib daddr type local "
		"dnat ip to ip daddr . tcp dport map @" HOST_SHORTCUTS "\n"
		"	}\n"
		"	chain shortened {\n"
		"		type nat hook postrouting priority 90; policy accept;\n"
		"		oifname \"%s\" meta nfproto ipv4 ct status dnat masquerade\n"
		"	}\n"
		"	chain astray {\n"
		"		type filter hook postrouting priority 110; policy accept;\n"
		"		oifname != \"%s\" ip daddr @subnets4 meta l4proto tcp ct status "
		"dnat "
		"add @refused { ct original ip daddr . ct original proto-dst timeout 5s } "
		"drop\n"
		"	}\n"
		"	chain arrivals {\n"
		"		type filter hook prerouting priority -150; policy accept;\n"
		"		iifname \"%s\" ip saddr 127.0.0.0/8 drop\n"
		"		iifname \"%s\" ct status dnat "
		"tcp flags & (syn | rst | ack) == rst | ack tcp sequence 0 "
		"ct original ip daddr . ct original proto-dst != @refused "
		"add @refused { ct original ip daddr . ct original proto-dst timeout 5s } "
		"drop\n"
		"	}\n"
		"	chain input {\n"
		"		type filter hook input priority 0; policy accept;\n"
		"		iifname \"%s\" ip daddr 127.0.0.0/8 ct state != { established, "
		"related } drop\n"
		"	}\n"
		"}\n",
		table, device, device, device, device, device);
}

static int write_subnets(struct buf *b, const char *table, const struct host_rules *rules)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rules->n_subnets; i++) {
		char text[IP_TEXT_MAX];

		ip_net_format(&rules->subnets[i], text);
		r = buf_addf(b, "add element inet %s %s { %s }\n", table,
			     rules->subnets[i].ip.family == AF_INET ? "subnets4" : "subnets6",
			     text);
	}
	return r;
}

static int write_opened(struct buf *b, const char *table, const struct opened *opened)
{
	int r = 0;

	for (enum opened_kind kind = 0; kind < OPENED_KINDS; kind++) {
		char *const *names = opened->names[kind];

		for (; r == 0 && names && *names; names++)
			r = buf_addf(b, "add element inet %s %s { \"%s\" }\n", table,
				     opened_set(kind), *names);
	}
	return r;
}

int host_rules_write(struct buf *b, const struct host_rules *rules)
{
	char table[HOST_TABLE_MAX], device[IFNAMSIZ];
	int r;

	host_table(rules->number, table);
	host_device(rules->number, device);
	r = buf_addf(b, "add table inet %s\ndelete table inet %s\n", table, table);
	if (r == 0)
		r = write_chains(b, table, device);
	if (r == 0 && rules->shortcuts)
		r = write_shortcuts(b, table, device);
	if (r == 0)
		r = write_subnets(b, table, rules);
	return r == 0 ? write_opened(b, table, rules->opened) : r;
}

int host_rules_remove(struct buf *b, unsigned number)
{
	char table[HOST_TABLE_MAX];

	host_table(number, table);
	return buf_addf(b, "add table inet %s\ndelete table inet %s\n", table, table);
}

/* Handles one object of what nft -j lists: {"nftables":[{KIND:{…}},…]}. */
typedef int (*object_fn)(const json_t *object, void *arg);

static int each_object(const char *json, size_t len, const char *kind, object_fn fn, void *arg,
		       struct err *err)
{
	cleanup_json json_t *said = NULL;
	json_t *list, *item;
	size_t i;
	int r = json_read(json, len, "what nft said", &said, err);

	if (r == 0)
		r = json_get_array(said, "nftables", &list, err);
	if (r < 0)
		return r;
	json_array_foreach (list, i, item) {
		const json_t *object = json_object_get(item, kind);

		if (object && fn(object, arg) < 0)
			return err_nomem(err);
	}
	return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int note_opened(const json_t *set, void *arg)
{
	struct opened *opened = arg;
	enum opened_kind kind = 0;
	const json_t *item;
	size_t i;

	while (kind < OPENED_KINDS && !streq(text_of(set, "name"), opened_set(kind)))
		kind++;
	if (kind == OPENED_KINDS)
		return 0;
	json_array_foreach (json_object_get(set, "elem"), i, item)
		if (json_is_string(item) &&
		    strv_add(&opened->names[kind], json_string_value(item)) < 0)
			return -ENOMEM;
	return 0;
}

int host_rules_read(const char *json, size_t len, struct opened *ret, struct err *err)
{
	struct opened opened = { 0 };
	int r = each_object(json, len, "set", note_opened, &opened, err);

	if (r < 0)
		opened_reset(&opened);
	else
		*ret = opened;
	return r;
}

struct numbers {
	unsigned *list;
	size_t n;
};

static int note_table(const json_t *table, void *arg)
{
	struct numbers *numbers = arg;
	char name[HOST_TABLE_MAX];
	unsigned number, *list;

	if (!streq(text_of(table, "family"), "inet") ||
	    host_number(text_of(table, "name"), &number) < 0)
		return 0;
	/* "moat1" is a device's name, and no table's. */
	host_table(number, name);
	if (!streq(text_of(table, "name"), name))
		return 0;
	list = reallocarray(numbers->list, numbers->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[numbers->n++] = number;
	numbers->list = list;
	return 0;
}

int host_tables_read(const char *json, size_t len, unsigned **ret, size_t *ret_n, struct err *err)
{
	struct numbers numbers = { 0 };
	int r = each_object(json, len, "table", note_table, &numbers, err);

	if (r < 0) {
		free(numbers.list);
		return r;
	}
	*ret = numbers.list;
	*ret_n = numbers.n;
	return 0;
}

int host_tables_have(const char *json, size_t len, unsigned number, struct err *err)
{
	cleanup_free unsigned *numbers = NULL;
	size_t n = 0;
	int r = host_tables_read(json, len, &numbers, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = numbers[i] == number;
	return r;
}

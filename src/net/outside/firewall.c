/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A packet that a chain has accepted can still be dropped by another one of
 * the same hook, so every one of them has to let containers pass.  Whether it does can be told in
 * general only by a packet; here it is told by how such chains are written: they end in a policy,
 * or a last rule without a condition, and what is to pass is named by its interface.  Too much may
 * be said that way, never anything done.
 *
 * The rules are the host's.
 */
#include "net/outside/firewall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "net/outside/host-rules.h"

#define ADVICE_MAX 256

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int read_list(const char *json, size_t len, json_t **ret_said, json_t **ret_list,
		     struct err *err)
{
	int r = json_read(json, len, "what nft said", ret_said, err);

	return r == 0 ? json_get_array(*ret_said, "nftables", ret_list, err) : r;
}

static bool is_moats(const char *table)
{
	unsigned number;

	return host_number(table, &number) == 0;
}

static bool sees_forwarded(const json_t *chain)
{
	return streq(text_of(chain, "hook"), "forward") &&
	       !streq(text_of(chain, "family"), "bridge") && !is_moats(text_of(chain, "table"));
}

static void fill_chain(const json_t *object, struct firewall_chain *ret)
{
	snprintf(ret->family, sizeof(ret->family), "%s", text_of(object, "family"));
	snprintf(ret->table, sizeof(ret->table), "%s", text_of(object, "table"));
	snprintf(ret->name, sizeof(ret->name), "%s", text_of(object, "name"));
	ret->drops = streq(text_of(object, "policy"), "drop");
}

int firewall_chains(const char *json, size_t len, struct firewall_chain **ret, size_t *ret_n,
		    struct err *err)
{
	cleanup_json json_t *said = NULL;
	struct firewall_chain *chains;
	json_t *list, *item;
	size_t i, n = 0;
	int r = read_list(json, len, &said, &list, err);

	if (r < 0)
		return r;
	chains = calloc(json_array_size(list) + 1, sizeof(*chains));
	if (!chains)
		return err_nomem(err);
	json_array_foreach (list, i, item) {
		const json_t *chain = json_object_get(item, "chain");

		if (chain && sees_forwarded(chain))
			fill_chain(chain, &chains[n++]);
	}
	*ret = chains;
	*ret_n = n;
	return 0;
}

static bool has_verdict(const json_t *rule, const char *verdict)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(rule, "expr"), i, item)
		if (json_object_get(item, verdict))
			return true;
	return false;
}

/* Does the rule decide about every packet? */
static bool is_unconditional(const json_t *rule)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(rule, "expr"), i, item)
		if (!json_object_get(item, "counter") && !json_object_get(item, "drop") &&
		    !json_object_get(item, "reject") && !json_object_get(item, "log"))
			return false;
	return true;
}

/* @right: "moat0", or a pattern such as "moat*". */
static bool names_device(const json_t *right, const char *device)
{
	const char *text = json_string_value(right);
	size_t len = text ? strlen(text) : 0;

	if (len > 0 && text[len - 1] == '*')
		return strncmp(text, device, len - 1) == 0;
	return text && streq(text, device);
}

static bool is_about_device(const json_t *rule, const char *device)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(rule, "expr"), i, item) {
		const json_t *match = json_object_get(item, "match");
		const json_t *meta = json_object_get(json_object_get(match, "left"), "meta");

		if (meta && streq(text_of(meta, "key"), "iifname") &&
		    streq(text_of(match, "op"), "==") &&
		    names_device(json_object_get(match, "right"), device))
			return true;
	}
	return false;
}

int firewall_blocks(const char *json, size_t len, const struct firewall_chain *chain,
		    const char *device, struct err *err)
{
	cleanup_json json_t *said = NULL;
	json_t *list, *item;
	bool drops = chain->drops;
	size_t i;
	int r = read_list(json, len, &said, &list, err);

	if (r < 0)
		return r;
	json_array_foreach (list, i, item) {
		const json_t *rule = json_object_get(item, "rule");

		if (!rule)
			continue;
		if (is_about_device(rule, device) && has_verdict(rule, "accept"))
			return 0;
		if (streq(text_of(rule, "chain"), chain->name) && is_unconditional(rule) &&
		    (has_verdict(rule, "drop") || has_verdict(rule, "reject")))
			drops = true;
	}
	return drops;
}

static bool is_iptables(const struct firewall_chain *c)
{
	return streq(c->table, "filter") && streq(c->name, "FORWARD") &&
	       (streq(c->family, "ip") || streq(c->family, "ip6"));
}

void firewall_advice(const struct firewall_chain *c, const char *device, char *ret, size_t size)
{
	int n = snprintf(ret, size,
			 "the host's own rules (%s %s %s) drop what containers send outside: allow "
			 "it by ",
			 c->family, c->table, c->name);

	if (n < 0 || (size_t)n >= size)
		return;
	ret += n;
	size -= (size_t)n;
	if (is_iptables(c))
		snprintf(ret, size,
			 "\"%stables -I FORWARD -i %s -j ACCEPT; %stables -I FORWARD -o %s -j "
			 "ACCEPT\"",
			 c->family, device, c->family, device);
	else if (streq(c->table, "firewalld"))
		snprintf(ret, size, "\"firewall-cmd --zone=trusted --add-interface=%s\"", device);
	else
		snprintf(ret, size, "rules in this chain that accept iifname and oifname \"%s\"",
			 device);
}

struct check {
	struct nft *nft;
	const char *device;
	firewall_fn fn;
	void *arg;
	struct firewall_chain *chains; /* owned */
	size_t n, at;
};

static void finish_check(struct check *c, const char *text)
{
	c->fn(text, c->arg);
	free(c->chains);
	free(c);
}

static void look_at_next(struct check *c);

static void table_read(int result, const char *text, size_t len, void *arg)
{
	struct check *c = arg;
	const struct firewall_chain *chain = &c->chains[c->at++];
	char advice[ADVICE_MAX];

	if (result == 0 && firewall_blocks(text, len, chain, c->device, NULL) > 0) {
		firewall_advice(chain, c->device, advice, sizeof(advice));
		finish_check(c, advice);
		return;
	}
	look_at_next(c);
}

static void look_at_next(struct check *c)
{
	char what[96];

	if (c->at == c->n) {
		finish_check(c, "");
		return;
	}
	snprintf(what, sizeof(what), "table %s %s", c->chains[c->at].family,
		 c->chains[c->at].table);
	if (nft_list(c->nft, what, table_read, c) < 0)
		finish_check(c, "");
}

static void chains_read(int result, const char *text, size_t len, void *arg)
{
	struct check *c = arg;

	if (result < 0 || firewall_chains(text, len, &c->chains, &c->n, NULL) < 0)
		c->n = 0;
	look_at_next(c);
}

int firewall_check(struct nft *nft, const char *device, firewall_fn fn, void *arg)
{
	struct check *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct check){ .nft = nft, .device = device, .fn = fn, .arg = arg };
	if (nft_list(nft, "chains", chains_read, c) < 0) {
		free(c);
		return -ENOMEM;
	}
	return 0;
}

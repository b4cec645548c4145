/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A rule is cut up from its end: a protocol, a port, and what is left is an
 * address, with brackets around it where it has colons and a port follows, or a name.  Rules are
 * typed by users; the names come into dnsmasq's configuration, so they have the characters of
 * names alone.
 */
#include "net/egress.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/request.h"

/* longer than any rule: a name with a port */
#define RULE_MAX 300

/* Cuts "/tcp" or "/udp" off the end. */
static void cut_protocol(char *text, struct egress_rule *rule)
{
	char *slash = strrchr(text, '/');

	if (!slash)
		return;
	rule->tcp = streq(slash, "/tcp");
	rule->udp = streq(slash, "/udp");
	if (rule->tcp || rule->udp)
		*slash = '\0';
}

/* Finds the colon before a port: the last one behind brackets, or the only one. */
static char *find_port(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return NULL;
	if (*text == '[')
		return colon > text && colon[-1] == ']' ? colon : NULL;
	return strchr(text, ':') == colon ? colon : NULL;
}

static int cut_port(char *text, struct egress_rule *rule)
{
	char *colon = find_port(text);
	uint32_t port;

	if (!colon)
		return rule->tcp || rule->udp ? -EINVAL : 0;
	if (str_to_u32(colon + 1, &port) < 0 || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*colon = '\0';
	rule->port = (uint16_t)port;
	if (!rule->tcp && !rule->udp)
		rule->tcp = rule->udp = true;
	return 0;
}

/* Takes the brackets off an address. */
static char *unbracket_host(char *text)
{
	size_t len = strlen(text);

	if (*text != '[' || len < 2 || text[len - 1] != ']')
		return text;
	text[len - 1] = '\0';
	return text + 1;
}

static bool parse_place(char *text, struct ip_net *ret)
{
	char *bare = unbracket_host(text);
	struct ip_net net = { 0 };

	if (ip_net_parse(bare, &net) < 0) {
		if (ip_parse(bare, &net.ip) < 0)
			return false;
		net.bits = (uint8_t)ip_bits(&net.ip);
	}
	net.ip = ip_net_first(&net);
	*ret = net;
	return true;
}

/* A name has a letter: "10.1" is a mistake, and no name. */
static bool is_name(const char *text)
{
	return net_name_ok(text) && strspn(text, "0123456789.") < strlen(text);
}

int egress_parse(const char *text, struct egress_rule *ret, struct err *err)
{
	struct egress_rule rule = { 0 };
	char rest[RULE_MAX];

	if (strlen(text) >= sizeof(rest))
		return err_set(err, -EINVAL, "an egress rule is longer than %d characters",
			       RULE_MAX - 1);
	memcpy(rest, text, strlen(text) + 1);
	cut_protocol(rest, &rule);
	if (cut_port(rest, &rule) < 0)
		return err_set(err, -EINVAL,
			       "egress rule \"%s\": the port, which a protocol needs, must be "
			       "from 1 to 65535",
			       text);
	if (!parse_place(rest, &rule.net)) {
		if (!is_name(rest))
			return err_set(err, -EINVAL,
				       "egress rule \"%s\": neither a name nor an address; write "
				       "NAME, ADDRESS or ADDRESS/BITS, with :PORT or :PORT/tcp "
				       "behind it",
				       text);
		str_lower(rest);
		snprintf(rule.name, sizeof(rule.name), "%s", rest);
	}
	*ret = rule;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/resolv.h"

#include <errno.h>

#include "base/buf.h"
#include "base/str.h"
#include "daemon/spec/names.h"

#define WORDS_MAX 32u /* in one line of the host's file */

/* A name without a dot is a container's: it is asked for first without a search domain. */
#define NDOTS "ndots:0"

void resolver_reset(struct resolver *r)
{
	strv_free(r->servers);
	strv_free(r->search);
	strv_free(r->options);
	*r = (struct resolver){ 0 };
}

/* The words behind the first one of a line. */
static int take_words(char *rest, char ***ret)
{
	char *word;
	int r = 0;

	strv_free(*ret);
	*ret = NULL;
	while (r == 0 && (word = strsep(&rest, " \t\r")))
		if (*word && spec_is_word(word) && strv_len(*ret) < WORDS_MAX)
			r = strv_add(ret, word);
	return r;
}

/* As with resolvers, the last of several lines counts. */
int resolver_read(const char *text, struct resolver *ret)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (line = strsep(&rest, "\n"))) {
		char *key = strsep(&line, " \t");

		if (!line)
			continue;
		if (streq(key, "search") || streq(key, "domain"))
			r = take_words(line, &ret->search);
		else if (streq(key, "options"))
			r = take_words(line, &ret->options);
	}
	return r;
}

/* One line with all the words behind its key. */
static int add_line(struct buf *b, const char *key, char *const *words, struct err *err)
{
	if (strv_len(words) == 0)
		return 0;
	if (buf_adds(b, key) < 0)
		return err_nomem(err);
	for (; *words; words++) {
		if (!spec_is_word(*words))
			return err_set(err, -EINVAL,
				       "invalid word for \"%s\" in resolv.conf: \"%s\"", key,
				       *words);
		if (buf_addf(b, " %s", *words) < 0)
			return err_nomem(err);
	}
	return buf_add(b, "\n", 1) < 0 ? err_nomem(err) : 0;
}

static int add_servers(struct buf *b, char *const *servers, struct err *err)
{
	for (; servers && *servers; servers++) {
		if (!spec_is_address(*servers))
			return err_set(err, -EINVAL, "invalid DNS server \"%s\": not an IP address",
				       *servers);
		if (buf_addf(b, "nameserver %s\n", *servers) < 0)
			return err_nomem(err);
	}
	return 0;
}

static bool says_ndots(char *const *options)
{
	for (; options && *options; options++)
		if (str_starts(*options, "ndots:"))
			return true;
	return false;
}

/* Fills in the network's and the host's where nothing was asked for. */
static int fill_in(const struct resolver *net, struct resolver *r)
{
	bool knows_names = !r->servers;

	if (!r->servers && strv_copy(net->servers, &r->servers) < 0)
		return -ENOMEM;
	if (!r->search && strv_copy(net->search, &r->search) < 0)
		return -ENOMEM;
	if (!r->options && strv_copy(net->options, &r->options) < 0)
		return -ENOMEM;
	return !knows_names || says_ndots(r->options) ? 0 : strv_add(&r->options, NDOTS);
}

static int read_wishes(const json_t *host, struct resolver *ret, struct err *err)
{
	int r = json_get_strv(host, "Dns", &ret->servers, err);

	if (r == 0)
		r = json_get_strv(host, "DnsSearch", &ret->search, err);
	return r == 0 ? json_get_strv(host, "DnsOptions", &ret->options, err) : r;
}

/* Drops empty lists, which clients send where nothing was asked for. */
static void drop_empty(char ***v)
{
	if (strv_len(*v) > 0)
		return;
	strv_free(*v);
	*v = NULL;
}

size_t spec_servers(const json_t *host, struct ip ret[SPEC_SERVERS_MAX])
{
	const json_t *list = json_object_get(host, "Dns"), *item;
	struct ip servers[SPEC_SERVERS_MAX];
	size_t i, n = 0;

	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);
		struct ip ip;

		if (!text || ip_parse(text, &ip) < 0 || !ip_is_remote(&ip))
			return 0;
		if (n < SPEC_SERVERS_MAX)
			servers[n++] = ip;
	}
	memcpy(ret, servers, n * sizeof(*ret));
	return n;
}

/* Does the network's resolver ask servers for the container? */
static bool relays_names(const json_t *host, const struct resolver *net)
{
	struct ip servers[SPEC_SERVERS_MAX];

	return net && net->servers && spec_servers(host, servers) > 0;
}

static int write_text(const struct resolver *r, char **ret, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int code = add_servers(&b, r->servers, err);

	if (code == 0)
		code = add_line(&b, "search", r->search, err);
	if (code == 0)
		code = add_line(&b, "options", r->options, err);
	if (code == 0 && b.len == 0 && buf_adds(&b, "# no name servers\n") < 0)
		code = err_nomem(err);
	if (code < 0)
		return code;
	*ret = buf_take(&b);
	return *ret ? 0 : err_nomem(err);
}

int spec_resolv_conf(const json_t *host, const struct resolver *net, char **ret, struct err *err)
{
	cleanup(resolver_reset) struct resolver r = { 0 };
	int code = read_wishes(host, &r, err);

	if (code < 0)
		return code;
	if (relays_names(host, net)) {
		strv_free(r.servers);
		r.servers = NULL;
	}
	drop_empty(&r.servers);
	drop_empty(&r.search);
	drop_empty(&r.options);
	if (!net && !r.servers && !r.search && !r.options)
		return 0;
	if (net && fill_in(net, &r) < 0)
		return err_nomem(err);
	if (r.search)
		strv_remove(r.search, ".");
	return write_text(&r, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ports-text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

struct port {
	const char *ip; /* "": not published */
	int64_t private, public;
	const char *type;
};

/* Ports of one address and protocol that follow each other. */
struct group {
	struct port first;
	int64_t last;
};

static int compare_ports(const void *a, const void *b)
{
	const struct port *x = a, *y = b;
	int by_ip = strcmp(x->ip, y->ip);

	if (x->private != y->private)
		return x->private < y->private ? -1 : 1;
	if (by_ip != 0)
		return by_ip;
	if (x->public != y->public)
		return x->public < y->public ? -1 : 1;
	return strcmp(x->type, y->type);
}

static int add_item(struct buf *b, const char *text)
{
	return buf_addf(b, "%s%s", b->len ? ", " : "", text);
}

/* @range: of the host's ports; "" where it is not published */
static int add_port(struct buf *b, const struct port *p, const char *range, const char *private)
{
	bool v6 = strchr(p->ip, ':') != NULL;
	cleanup_free char *text = *p->ip ? str_printf("%s%s%s:%s->%s/%s", v6 ? "[" : "", p->ip,
						      v6 ? "]" : "", range, private, p->type)
					 : str_printf("%s/%s", private, p->type);

	return text ? add_item(b, text) : -1;
}

static int add_group(struct buf *b, const struct group *g)
{
	cleanup_free char *range =
		g->last > g->first.private
			? str_printf("%lld-%lld", (long long)g->first.private, (long long)g->last)
			: str_printf("%lld", (long long)g->first.private);

	return range ? add_port(b, &g->first, range, range) : -1;
}

static int add_mapping(struct buf *b, const struct port *p)
{
	char public[24], private[24];

	snprintf(public, sizeof(public), "%lld", (long long)p->public);
	snprintf(private, sizeof(private), "%lld", (long long)p->private);
	return add_port(b, p, public, private);
}

static bool is_mapped(const struct port *p)
{
	return *p->ip && p->public != p->private;
}

static struct group *find_group(struct group *groups, size_t n, const struct port *p)
{
	for (size_t i = n; i-- > 0;)
		if (streq(groups[i].first.ip, p->ip) && streq(groups[i].first.type, p->type))
			return &groups[i];
	return NULL;
}

/* docker writes a range when the next of its kind begins, and the remaining ones at the end. */
static int write_groups(struct buf *b, const struct port *ports, size_t n, struct group *groups)
{
	size_t n_groups = 0;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		struct group *g = find_group(groups, n_groups, &ports[i]);

		if (is_mapped(&ports[i]))
			continue;
		if (!g)
			g = &groups[n_groups++];
		else if (ports[i].private == g->last + 1) {
			g->last++;
			continue;
		} else
			r = add_group(b, g);
		*g = (struct group){ ports[i], ports[i].private };
	}
	for (size_t i = 0; i < n_groups && r == 0; i++)
		r = add_group(b, &groups[i]);
	for (size_t i = 0; i < n && r == 0; i++)
		if (is_mapped(&ports[i]))
			r = add_mapping(b, &ports[i]);
	return r;
}

char *ports_text(const json_t *list)
{
	size_t n = json_array_size(list), i;
	cleanup_free struct port *ports = calloc(n + 1, sizeof(*ports));
	cleanup_free struct group *groups = calloc(n + 1, sizeof(*groups));
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const json_t *item;

	if (!ports || !groups)
		return NULL;
	json_array_foreach (list, i, item)
		ports[i] = (struct port){ cli_str(item, "IP"), cli_int(item, "PrivatePort"),
					  cli_int(item, "PublicPort"), cli_str(item, "Type") };
	qsort(ports, n, sizeof(*ports), compare_ports);
	if (write_groups(&b, ports, n, groups) < 0)
		return NULL;
	return b.data ? buf_take(&b) : strdup("");
}

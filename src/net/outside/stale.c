/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The tables are listed, and then looked at one after the other.  That of an
 * interface which is there and whose alias names another folder is another moat's; that of the
 * interface in use is kept; all others are stale.  Settings are put back before the table goes
 * that tells of them, so a crash in between loses nothing.
 *
 * An interface in use may have lost its table to somebody who removed all rules: its alias says
 * that it is ours, and its name which number it has.
 */
#include "net/outside/stale.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/str.h"
#include "net/outside/host-link.h"
#include "net/outside/host-rules.h"

struct cleaning {
	struct nft *nft;
	struct netlink *nl;
	char alias[LINK_ALIAS_MAX];
	int keep;
	stale_fn fn;
	void *arg;
	unsigned *tables; /* owned */
	size_t n_tables, at;
	struct stale_kept kept;
};

/* The interfaces of this folder that are not in use. */
struct remains {
	struct cleaning *cleaning;
	int indexes[16];
	size_t n;
};

static bool is_device(const char *name, unsigned *ret)
{
	char device[IFNAMSIZ];

	if (host_number(name, ret) < 0)
		return false;
	host_device(*ret, device);
	return streq(name, device);
}

static int note_own(const struct link *link, void *arg)
{
	struct remains *r = arg;
	struct cleaning *c = r->cleaning;
	unsigned number;

	if (!streq(link->alias, c->alias))
		return 0;
	if (link->index == c->keep && is_device(link->name, &number)) {
		c->kept.index = c->keep;
		c->kept.number = number;
	} else if (r->n < ARRAY_SIZE(r->indexes)) {
		r->indexes[r->n++] = link->index;
	}
	return 0;
}

static void finish_cleaning(struct cleaning *c)
{
	struct remains remains = { .cleaning = c };

	if (link_each(c->nl, note_own, &remains) == 0)
		for (size_t i = 0; i < remains.n; i++)
			link_remove(c->nl, remains.indexes[i]);
	c->fn(&c->kept, c->arg);
	free(c->tables);
	free(c);
}

enum owner { OWNER_OTHER, OWNER_NOBODY, OWNER_IN_USE };

struct question {
	const struct cleaning *cleaning;
	char device[IFNAMSIZ];
	enum owner owner;
};

static int find_owner(const struct link *link, void *arg)
{
	struct question *q = arg;

	if (!streq(link->name, q->device))
		return 0;
	q->owner = link->index == q->cleaning->keep	    ? OWNER_IN_USE
		   : streq(link->alias, q->cleaning->alias) ? OWNER_NOBODY
							    : OWNER_OTHER;
	return 0;
}

static enum owner owner_of(const struct cleaning *c, unsigned number)
{
	struct question q = { .cleaning = c, .owner = OWNER_NOBODY };

	host_device(number, q.device);
	return link_each(c->nl, find_owner, &q) < 0 ? OWNER_OTHER : q.owner;
}

static void look_at_next(struct cleaning *c);

static void rules_removed(int result, const char *message, void *arg)
{
	if (result < 0)
		log_warning("rules that a moat-net before has left: %s", message);
	look_at_next(arg);
}

static void remove_table(struct cleaning *c, unsigned number)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	log_info("rules that a killed moat-net has left on the host are removed (table %u)",
		 number);
	if (host_rules_remove(&text, number) < 0 ||
	    nft_change(c->nft, text.data, rules_removed, c) < 0)
		look_at_next(c);
}

static void table_read(int result, const char *text, size_t len, void *arg)
{
	struct cleaning *c = arg;
	unsigned number = c->tables[c->at++];
	struct opened opened = { 0 };
	struct err err = { 0 };

	if (result < 0 || host_rules_read(text, len, &opened, &err) < 0)
		log_warning("table %u of the host's rules: %s", number, err.msg);
	if (owner_of(c, number) == OWNER_IN_USE) {
		c->kept.number = number;
		c->kept.index = c->keep;
		c->kept.has_table = true;
		c->kept.opened = opened;
		look_at_next(c);
		return;
	}
	opened_put_back(&opened);
	remove_table(c, number);
}

static void look_at_next(struct cleaning *c)
{
	char table[HOST_TABLE_MAX], what[HOST_TABLE_MAX + 16];

	while (c->at < c->n_tables && owner_of(c, c->tables[c->at]) == OWNER_OTHER)
		c->at++;
	if (c->at == c->n_tables) {
		finish_cleaning(c);
		return;
	}
	host_table(c->tables[c->at], table);
	snprintf(what, sizeof(what), "table inet %s", table);
	if (nft_list(c->nft, what, table_read, c) < 0)
		finish_cleaning(c);
}

static void tables_read(int result, const char *text, size_t len, void *arg)
{
	struct cleaning *c = arg;
	struct err err = { 0 };

	if (result < 0)
		log_warning("the host's rules cannot be read: does its kernel have nftables?");
	else if (host_tables_read(text, len, &c->tables, &c->n_tables, &err) < 0)
		log_warning("%s", err.msg);
	look_at_next(c);
}

int stale_clean(struct nft *nft, struct netlink *nl, const char *folder, int keep, stale_fn fn,
		void *arg)
{
	struct cleaning *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct cleaning){ .nft = nft, .nl = nl, .keep = keep, .fn = fn, .arg = arg };
	link_own_alias(folder, c->alias);
	if (nft_list(nft, "tables", tables_read, c) < 0) {
		free(c);
		return -ENOMEM;
	}
	return 0;
}

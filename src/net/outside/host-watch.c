/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel tells of each change, and changes come in groups: they are told
 * of together, a moment after the first, so that a host which never is quiet is looked at, too.  Of
 * rules only the removal of moat's table is of interest, as by "nft flush ruleset", with which
 * firewalls begin when they are loaded anew.
 */
#include "net/outside/host-watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "net/netlink/netlink.h"
#include "net/outside/host-rules.h"

#define GROUP_USEC (200 * USEC_PER_MSEC)

#define TABLE_REMOVED (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE)

struct host_watch {
	char table[HOST_TABLE_MAX];
	host_watch_fn fn;
	void *arg;
	bool table_gone; /* since it was told of last */
	bool due;	 /* the timer is set */
	int places_fd, rules_fd;
	struct source *places, *rules, *timer;
};

static int tell_soon(struct host_watch *w)
{
	if (w->due)
		return 0;
	w->due = true;
	return source_set_timer(w->timer, GROUP_USEC);
}

static int tell_change(struct source *s, void *arg)
{
	struct host_watch *w = arg;
	bool table_gone = w->table_gone;

	(void)s;
	w->table_gone = false;
	w->due = false;
	w->fn(table_gone, w->arg);
	return 0;
}

static int places_changed(struct source *s, int fd, uint32_t events, void *arg)
{
	struct host_watch *w = arg;

	(void)s;
	(void)events;
	netlink_drain(fd);
	return tell_soon(w);
}

struct search {
	const char *table;
	bool found;
};

static int look_at(const struct nlattr *attr, void *arg)
{
	struct search *search = arg;

	if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		search->found = streq(mnl_attr_get_str(attr), search->table);
	return MNL_CB_OK;
}

static bool is_about(const struct nlmsghdr *head, const char *table)
{
	struct search search = { .table = table };

	(void)mnl_attr_parse(head, sizeof(struct nfgenmsg), look_at, &search);
	return search.found;
}

static bool says_removed(const char *messages, ssize_t len, const char *table)
{
	int left = (int)len;

	for (const struct nlmsghdr *head = (const void *)messages; mnl_nlmsg_ok(head, left);
	     head = mnl_nlmsg_next(head, &left))
		if (head->nlmsg_type == TABLE_REMOVED && is_about(head, table))
			return true;
	return false;
}

static int rules_changed(struct source *s, int fd, uint32_t events, void *arg)
{
	struct host_watch *w = arg;
	_Alignas(8) char messages[16384];
	ssize_t n;

	(void)s;
	(void)events;
	while ((n = read(fd, messages, sizeof(messages))) > 0 || (n < 0 && errno == ENOBUFS))
		/* What there was no room for may have been just that. */
		if (n < 0 || says_removed(messages, n, w->table))
			w->table_gone = true;
	return w->table_gone ? tell_soon(w) : 0;
}

static int watch_places(struct host_watch *w, struct loop *loop, const struct host_watch_what *what)
{
	int r = netlink_monitor(NETLINK_ROUTE, what->groups, what->n_groups, &w->places_fd);

	return r == 0 ? loop_add_io(loop, w->places_fd, EPOLLIN, places_changed, w, &w->places) : r;
}

static int watch_rules(struct host_watch *w, struct loop *loop)
{
	static const int groups[] = { NFNLGRP_NFTABLES };
	int r = netlink_monitor(NETLINK_NETFILTER, groups, ARRAY_SIZE(groups), &w->rules_fd);

	return r == 0 ? loop_add_io(loop, w->rules_fd, EPOLLIN, rules_changed, w, &w->rules) : r;
}

struct host_watch *host_watch_new(struct loop *loop, const struct host_watch_what *what,
				  host_watch_fn fn, void *arg)
{
	struct host_watch *w = calloc(1, sizeof(*w));

	if (w)
		*w = (struct host_watch){ .fn = fn, .arg = arg, .places_fd = -1, .rules_fd = -1 };
	if (!w || loop_add_timer(loop, UINT64_MAX, tell_change, w, &w->timer) < 0) {
		log_warning("changes of the host are not seen: out of memory or descriptors");
		host_watch_free(w);
		return NULL;
	}
	if (watch_places(w, loop, what) < 0)
		log_warning("changes of the host's interfaces and addresses are not seen");
	if (!what->table)
		return w;
	host_table(*what->table, w->table);
	if (watch_rules(w, loop) < 0)
		log_warning("changes of the host's rules are not seen");
	return w;
}

void host_watch_free(struct host_watch *w)
{
	if (!w)
		return;
	source_free(w->places);
	source_free(w->rules);
	source_free(w->timer);
	fd_close(&w->places_fd);
	fd_close(&w->rules_fd);
	free(w);
}

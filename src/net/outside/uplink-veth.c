/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  There is a wish and what is; next_step() does what leads from one to the
 * other, one change of the host's rules at a time, and is called again when that is made.  The
 * table of rules is there before any interface passes packets on for moat's sake, and goes after
 * none does any more: what comes from others and is for others never passes because of moat.
 *
 * Interfaces that come later, and settings that somebody else changes, are looked at when the
 * kernel tells of them.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "net/outside/firewall.h"
#include "net/outside/host-link.h"
#include "net/outside/host-table.h"
#include "net/outside/host-watch.h"
#include "net/outside/opened.h"
#include "net/outside/shortcuts.h"
#include "net/outside/stale.h"
#include "net/outside/uplink.h"

/* A pair that could not be made is tried again after that. */
#define AGAIN_USEC (10 * USEC_PER_SEC)

struct uplink {
	struct uplink_setup setup;
	struct netlink *nl;
	struct nft *nft;
	struct host_link link;
	struct host_table table;
	struct shortcuts *shortcuts;
	struct opened opened;
	int namespace_fd;	 /* moat's network namespace; -1: not told yet */
	struct wire_uplink wish; /* the last wish */
	bool took_over;		 /* a way outside was there already */
	bool begun;		 /* leftovers of others have been cleaned up */
	bool busy;		 /* the rules are being changed */
	bool due;		 /* next_step() has something to do */
	bool wished;		 /* was there a wish? */
	bool told;		 /* was the last wish answered? */
	uint32_t written;	 /* serial of the wish that the rules are written for */
	bool outward[2];
	char text[WIRE_TEXT_MAX];
	struct host_watch *watch;
	struct source *again;
	bool table_due; /* somebody may have removed moat's table */
	uplink_ended_fn ended;
	void *ended_arg;
};

static const uint8_t families[] = { AF_INET, AF_INET6 };

static void next_step(struct uplink *u);

static void tell_of(struct uplink *u, uint32_t serial)
{
	struct wire_place place = { .serial = serial, .up = u->link.index != 0 };

	memcpy(place.own, u->link.own, sizeof(place.own));
	memcpy(place.host, u->link.host, sizeof(place.host));
	memcpy(place.outward, u->outward, sizeof(place.outward));
	memcpy(place.text, u->text, sizeof(place.text));
	u->setup.fn(&place, u->setup.arg);
}

static void tell_state(struct uplink *u)
{
	u->told = true;
	tell_of(u, u->wish.serial);
}

static void note_trouble(struct uplink *u, const char *text)
{
	if (!streq(u->text, text) && *text)
		log_warning("%s", text);
	snprintf(u->text, sizeof(u->text), "%s", text);
}

static void host_changed(bool table_gone, void *arg)
{
	struct uplink *u = arg;

	u->due = true;
	u->table_due = u->table_due || table_gone;
	if (!u->busy && u->begun)
		next_step(u);
}

static void watch_host(struct uplink *u)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF };
	const struct host_watch_what what = { groups, ARRAY_SIZE(groups), &u->link.number };

	if (!u->watch)
		u->watch = host_watch_new(u->setup.loop, &what, host_changed, u);
}

/* Finds the interfaces that have to pass packets on for moat's sake.  Return: have they changed? */
static bool look_at_family(struct uplink *u, size_t i)
{
	int r;

	if (!wire_wishes_family(&u->wish, families[i]))
		return false;
	r = opened_look(&u->opened, u->nl, families[i], u->link.device);
	u->outward[i] = r >= 0;
	if (r == -ENOTSUP)
		note_trouble(
			u,
			"IPv6 does not get out of networks: this host has its own routes from "
			"router advertisements, and its kernel (before 6.17) would lose them when "
			"it passes packets on");
	return r > 0;
}

static void firewall_checked(const char *text, void *arg)
{
	struct uplink *u = arg;

	if (*text)
		log_warning("%s", text);
	u->setup.firewall(text, u->setup.arg);
}

static void rules_made(int result, const char *message, void *arg)
{
	struct uplink *u = arg;
	struct err err = { 0 };

	u->busy = false;
	shortcuts_doubt(u->shortcuts);
	if (result < 0) {
		err_set(&err, result, "the host's nftables: %.*s", (int)strcspn(message, "\n"),
			message);
		note_trouble(u, err.msg);
	} else {
		opened_open(&u->opened);
		if (host_link_route(&u->link, &u->wish, &err) != 0)
			note_trouble(u, err.msg);
		firewall_check(u->nft, u->link.device, firewall_checked, u);
	}
	/* A wish that came meanwhile is not in these rules: next_step() goes on with it. */
	if (u->written == u->wish.serial)
		tell_state(u);
	next_step(u);
}

static void write_rules(struct uplink *u)
{
	const struct host_rules rules = { u->link.number, u->wish.subnets, u->wish.n_subnets,
					  &u->opened, u->wish.shortcuts };

	if (!rules.shortcuts)
		host_link_let_loopback(&u->link, false);
	if (host_table_write(&u->table, &rules, rules_made, u) < 0) {
		note_trouble(u, "out of memory");
		tell_state(u);
		return;
	}
	u->busy = true;
	u->table_due = false;
	u->written = u->wish.serial;
}

/* The watch is for the table of the pair's number. */
static int make_link(struct uplink *u)
{
	struct err err = { 0 };
	int r = host_link_make(&u->link, u->setup.folder, u->namespace_fd, &u->wish, &err);

	if (r == 0)
		host_watch_free(take_ptr(u->watch));
	else
		note_trouble(u, err.msg);
	return r;
}

static void bring_up(struct uplink *u)
{
	if (u->link.index == 0 && make_link(u) < 0) {
		source_set_timer(u->again, AGAIN_USEC);
		tell_state(u);
		return;
	}
	note_trouble(u, "");
	watch_host(u);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		(void)look_at_family(u, i);
	write_rules(u);
}

static int try_again(struct source *s, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	if (!u->busy && u->wish.wanted && u->link.index == 0)
		bring_up(u);
	return 0;
}

static void setup_finished(struct uplink *u)
{
	uplink_ended_fn fn = u->ended;

	u->ended = NULL;
	if (fn)
		fn(u->ended_arg);
}

static void taken_down(int result, const char *message, void *arg)
{
	struct uplink *u = arg;

	u->busy = false;
	if (result < 0)
		log_warning("the host's nftables: %s", message);
	host_link_remove(&u->link);
	next_step(u);
}

static void take_down(struct uplink *u)
{
	host_watch_free(take_ptr(u->watch));
	u->due = u->table_due = false;
	opened_put_back(&u->opened);
	memset(u->outward, 0, sizeof(u->outward));
	note_trouble(u, "");
	u->busy = true;
	if (host_table_remove(&u->table, taken_down, u) < 0)
		taken_down(-ENOMEM, "out of memory", u);
}

static void table_looked_for(int result, const char *message, void *arg)
{
	struct uplink *u = arg;

	u->busy = false;
	/* A failure may last, so the next look is at the next change of the host, not at once. */
	u->table_due = u->table_due || result < 0;
	if (result < 0) {
		log_warning("the host's tables cannot be listed: %s", message);
	} else if (result == 0 && u->told && u->wish.wanted) {
		log_warning("moat's table is gone from the host's rules, and is written again");
		write_rules(u);
	}
	next_step(u);
}

static void look_for_table(struct uplink *u)
{
	u->table_due = false;
	u->busy = host_table_find(&u->table, table_looked_for, u) == 0;
}

/* Return: false where the pair is gone, and another one is being made. */
static bool mend_link(struct uplink *u)
{
	int r = host_link_mend(&u->link);

	if (r == -ENODEV) {
		log_warning("the interface to moat's networks was removed, and is made again");
		bring_up(u);
	} else if (r < 0) {
		log_warning("%s: %s", u->link.device, strerror(-r));
	}
	return r != -ENODEV;
}

/* The host's interfaces or rules have changed. */
static void check_host(struct uplink *u)
{
	bool changed;

	u->due = false;
	if (!mend_link(u))
		return;
	changed = look_at_family(u, 0);
	changed = look_at_family(u, 1) || changed;
	if (changed)
		write_rules(u);
	else if (u->table_due)
		look_for_table(u);
}

static void next_step(struct uplink *u)
{
	if (u->busy || !u->begun)
		return;
	if (!u->told && u->wish.wanted)
		bring_up(u);
	else if (u->wished && !u->wish.wanted && (u->table.there || u->link.index))
		take_down(u);
	else if (!u->told)
		tell_state(u);
	else if (u->due && u->link.index)
		check_host(u);
	if (!u->busy && !u->table.there && !u->link.index && u->ended)
		setup_finished(u);
}

static void host_cleaned(struct stale_kept *kept, void *arg)
{
	struct uplink *u = arg;
	struct err err = { 0 };

	u->begun = true;
	if (kept->index && host_link_take(&u->link, kept->number, kept->index, &err) < 0)
		log_warning("%s", err.msg);
	u->table.there = kept->has_table;
	u->table.number = kept->number;
	u->opened = kept->opened;
	/* A way that was taken over is told of as if it had been wished for.  A wish may be there
	 * already; next_step() fulfills it. */
	if (u->took_over) {
		u->outward[0] = u->link.index != 0;
		u->outward[1] = u->link.index != 0 && !ip_is_none(&u->link.host[1]);
		tell_of(u, WIRE_TAKEN_OVER);
	}
	next_step(u);
}

static void veth_begin(struct uplink *u, int namespace_fd, int peer)
{
	if (u->namespace_fd >= 0 || namespace_fd < 0) {
		fd_close(&namespace_fd);
		return;
	}
	u->namespace_fd = namespace_fd;
	u->took_over = peer != 0;
	if (stale_clean(u->nft, u->nl, u->setup.folder, peer, host_cleaned, u) < 0)
		host_cleaned(&(struct stale_kept){ 0 }, u);
}

static void veth_wish(struct uplink *u, const struct wire_uplink *wish)
{
	u->wish = *wish;
	u->wished = true;
	u->told = false;
	next_step(u);
}

static struct shortcuts *veth_shortcuts(struct uplink *u)
{
	return u->wish.shortcuts ? u->shortcuts : NULL;
}

static void veth_end(struct uplink *u, uplink_ended_fn fn, void *arg)
{
	u->ended = fn;
	u->ended_arg = arg;
	u->wish.wanted = false;
	u->wished = u->told = true;
	next_step(u);
}

static void veth_free(struct uplink *u)
{
	if (!u)
		return;
	shortcuts_free(u->shortcuts);
	host_watch_free(u->watch);
	source_free(u->again);
	fd_close(&u->namespace_fd);
	nft_free(u->nft);
	netlink_free(u->nl);
	opened_reset(&u->opened);
	free(u->link.routes);
	free(u);
}

static int veth_new(const struct uplink_setup *setup, struct uplink **ret, struct err *err)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int r;

	if (!u)
		return err_nomem(err);
	u->setup = *setup;
	u->told = true;
	u->namespace_fd = -1;
	r = netlink_new(&u->nl);
	if (r == 0)
		r = loop_add_timer(setup->loop, UINT64_MAX, try_again, u, &u->again);
	if (r == 0)
		r = shortcuts_new(setup->loop, &u->link, &u->shortcuts);
	r = r < 0 ? err_errno(err, r, "netlink") : nft_new(setup->loop, &u->nft, err);
	if (r < 0) {
		veth_free(u);
		return r;
	}
	u->link.nl = u->nl;
	u->table.nft = u->nft;
	*ret = u;
	return 0;
}

const struct uplink_kind uplink_veth = {
	.new = veth_new,
	.free = veth_free,
	.begin = veth_begin,
	.wish = veth_wish,
	.shortcuts = veth_shortcuts,
	.end = veth_end,
};

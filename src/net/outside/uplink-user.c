/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  slirp4netns or pasta makes a tap, up0, in moat's namespace and is a router
 * there: it reads packets from it and speaks for them with sockets of its own, on the host, as the
 * user it runs as.  It knows one network, in which moat's side has one address; so what leaves is
 * masqueraded in moat's namespace (speaker.c is about its process).
 *
 * Containers reach the host at the address of the program itself.  By that it would lead to the
 * host's loopback, where things listen that are for the host alone; so it is told not to, and
 * moat's rules lead what is for that address to the host's own, whichever that is at the time.
 *
 * One that ends is started again, later each time it did not live long; one that ends before it was
 * ready gives its place to the other, where that is there.  pasta does so on a host without a
 * default route, and serves the families that it finds one of when it starts.
 */
#include <errno.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "net/common/program.h"
#include "net/netlink/route.h"
#include "net/outside/host-address.h"
#include "net/outside/host-watch.h"
#include "net/outside/speaker.h"
#include "net/outside/uplink.h"
#include "net/outside/user-network.h"

#define RETRY_FIRST_USEC (200 * USEC_PER_MSEC)
#define RETRY_LAST_USEC	 (30 * USEC_PER_SEC)
#define LIVED_LONG_USEC	 (30 * USEC_PER_SEC)

/* The largest packet the programs take: fewer large packets are faster. */
#define MTU 65520

struct uplink {
	struct uplink_setup setup;
	struct netlink *nl;
	char *program;			 /* NULL: there is none */
	const struct speaker_kind *kind; /* of @program */
	size_t turn;			 /* the kind to look for first */
	int namespace_fd, user_fd;
	struct wire_uplink wish;
	struct wire_place place; /* as it was told last, or will be told */
	char cidr[IP_TEXT_MAX];	 /* empty: no network is free, and nothing is started */
	struct speaker *speaker; /* NULL: it does not run */
	struct source *retry;
	uint64_t started_usec, retry_usec;
	struct host_watch *watch;
};

static void tell_state(struct uplink *u)
{
	u->place.serial = u->wish.serial;
	u->setup.fn(&u->place, u->setup.arg);
}

/* Finds the host's addresses.  Return: have they changed? */
static bool find_host(struct uplink *u)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	bool changed = false;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct ip now = { 0 };

		if (!ip_is_none(&u->place.host[i]) && host_address(u->nl, families[i], &now) < 0)
			now = (struct ip){ 0 };
		changed = changed || !ip_equal(&now, &u->place.behind[i]);
		u->place.behind[i] = now;
	}
	return changed;
}

static void set_text(struct uplink *u, const char *text)
{
	snprintf(u->place.text, sizeof(u->place.text), "%s", text);
}

static void start_later(struct uplink *u)
{
	bool lived = clock_mono_usec() - u->started_usec > LIVED_LONG_USEC;

	u->retry_usec = lived || u->retry_usec == 0 ? RETRY_FIRST_USEC : u->retry_usec * 2;
	if (u->retry_usec > RETRY_LAST_USEC)
		u->retry_usec = RETRY_LAST_USEC;
	source_set_timer(u->retry, u->retry_usec);
}

static int note_default(const struct ip_route *route, void *arg)
{
	bool *has = arg;

	if (route->to.bits == 0)
		has[route->to.ip.family == AF_INET6] = true;
	return 0;
}

/* Finds the families that a program started now could pass on. */
static void find_outward(struct uplink *u, bool ret[2])
{
	bool has[2] = { u->kind->follows, u->kind->follows };

	if (!u->kind->follows)
		(void)ip_route_each(u->nl, RT_TABLE_MAIN, note_default, has);
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		ret[i] = has[i] && !ip_is_none(&u->place.own[i].ip);
}

static void became_ready(struct uplink *u)
{
	u->place.up = true;
	set_text(u, "");
	find_host(u);
	find_outward(u, u->place.outward);
	tell_state(u);
}

static void has_ended(struct uplink *u)
{
	speaker_free(take_ptr(u->speaker));
	snprintf(u->place.text, sizeof(u->place.text),
		 "%s has ended%s, and is started again: see net.log", u->kind->program,
		 u->place.up ? "" : " before it was ready");
	if (!u->place.up)
		u->turn = (size_t)(u->kind - speaker_kinds) + 1;
	u->place.up = false;
	tell_state(u);
	start_later(u);
}

static void speaker_changed(enum speaker_event event, void *arg)
{
	struct uplink *u = arg;

	if (event == SPEAKER_READY)
		became_ready(u);
	else
		has_ended(u);
}

static int execute_speaker(struct uplink *u)
{
	const struct speaker_setup setup = { .loop = u->setup.loop,
					     .kind = u->kind,
					     .path = u->program,
					     .namespace_fd = u->namespace_fd,
					     .user_fd = u->user_fd,
					     .device = "up0",
					     .cidr = u->cidr,
					     .place = &u->place,
					     .fn = speaker_changed,
					     .arg = u };

	return speaker_start(&setup, &u->speaker);
}

/* Looks each time, as a program may have been installed meanwhile. */
static int find_program(struct uplink *u)
{
	free(take_ptr(u->program));
	for (size_t i = 0; i < SPEAKER_KINDS; i++) {
		u->kind = &speaker_kinds[(u->turn + i) % SPEAKER_KINDS];
		if (program_find(u->kind->program, &u->program, NULL) == 0)
			return 0;
	}
	return -ENOENT;
}

static void start_speaker(struct uplink *u)
{
	int r;

	if (!*u->cidr)
		return;
	r = find_program(u);
	if (r == 0)
		r = execute_speaker(u);
	u->started_usec = clock_mono_usec();
	if (r == 0)
		return;
	set_text(u, u->program ? "the way outside cannot be executed: see net.log"
			       : "containers reach nothing outside: the programs slirp4netns and "
				 "pasta are missing, install the package slirp4netns or passt");
	log_warning("%s: %s", u->program ? u->program : "slirp4netns, pasta", strerror(-r));
	tell_state(u);
	if (u->program)
		start_later(u);
}

static int retry_start(struct source *s, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	if (u->wish.wanted && !u->speaker)
		start_speaker(u);
	return 0;
}

/* Could a program started now pass on a family that the running one does not? */
static bool lacks_family(struct uplink *u)
{
	bool now[2];

	find_outward(u, now);
	return (now[0] && !u->place.outward[0]) || (now[1] && !u->place.outward[1]);
}

static void start_anew(struct uplink *u)
{
	speaker_free(take_ptr(u->speaker));
	u->place.up = false;
	tell_state(u);
	start_speaker(u);
}

static void host_changed(bool table_gone, void *arg)
{
	struct uplink *u = arg;

	(void)table_gone;
	if (!u->speaker)
		start_speaker(u);
	else if (u->place.up && lacks_family(u))
		start_anew(u);
	else if (u->place.up && find_host(u))
		tell_state(u);
}

static void watch_host(struct uplink *u)
{
	static const int groups[] = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
				      RTNLGRP_IPV6_ROUTE };
	const struct host_watch_what what = { .groups = groups, .n_groups = ARRAY_SIZE(groups) };

	if (!u->watch)
		u->watch = host_watch_new(u->setup.loop, &what, host_changed, u);
}

static void stop_speaker(struct uplink *u)
{
	host_watch_free(take_ptr(u->watch));
	source_set_timer(u->retry, UINT64_MAX);
	speaker_free(take_ptr(u->speaker));
	u->turn = 0;
	u->place = (struct wire_place){ .masquerade = true, .mtu = MTU };
}

static void user_wish(struct uplink *u, const struct wire_uplink *wish)
{
	u->wish = *wish;
	/* A network that came later may overlap the one that the program has. */
	if (!wish->wanted || (u->speaker && user_network_overlaps(wish, &u->place)))
		stop_speaker(u);
	if (!wish->wanted || u->speaker) {
		tell_state(u);
		return;
	}
	watch_host(u);
	if (user_network_choose(wish, &u->place, u->cidr) < 0) {
		set_text(u, "networks have all the subnets that a way outside could have");
		*u->cidr = '\0';
		tell_state(u);
		return;
	}
	start_speaker(u);
}

static void user_begin(struct uplink *u, int namespace_fd, int peer)
{
	(void)peer;
	if (u->namespace_fd >= 0 || namespace_fd < 0) {
		fd_close(&namespace_fd);
		return;
	}
	u->namespace_fd = namespace_fd;
	u->user_fd = ioctl(namespace_fd, NS_GET_USERNS);
	if (u->user_fd < 0)
		log_warning("moat's user namespace: %s", strerror(errno));
}

static void user_end(struct uplink *u, uplink_ended_fn fn, void *arg)
{
	stop_speaker(u);
	fn(arg);
}

static void user_free(struct uplink *u)
{
	if (!u)
		return;
	stop_speaker(u);
	source_free(u->retry);
	fd_close(&u->namespace_fd);
	fd_close(&u->user_fd);
	netlink_free(u->nl);
	free(u->program);
	free(u);
}

static int user_new(const struct uplink_setup *setup, struct uplink **ret, struct err *err)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int r;

	if (!u)
		return err_nomem(err);
	*u = (struct uplink){ .setup = *setup, .namespace_fd = -1, .user_fd = -1 };
	u->place = (struct wire_place){ .masquerade = true, .mtu = MTU };
	r = netlink_new(&u->nl);
	if (r == 0)
		r = loop_add_timer(setup->loop, UINT64_MAX, retry_start, u, &u->retry);
	if (r < 0) {
		err_errno(err, r, "netlink");
		user_free(u);
		return r;
	}
	*ret = u;
	return 0;
}

const struct uplink_kind uplink_user = {
	.new = user_new,
	.free = user_free,
	.begin = user_begin,
	.wish = user_wish,
	.end = user_end,
};

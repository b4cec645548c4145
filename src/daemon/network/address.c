/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An endpoint keeps its addresses for as long as it exists: so a container
 * has the address it had before.  But a container that does not run gives way: to one that asks for
 * that very address (as docker has it, where stopped containers have none), and to any other when
 * no address is left.
 *
 * The database is written first, and refuses what two endpoints would have; a crash in between
 * costs the one that gives way its address, and nobody gets it twice.
 *
 * Addresses that are asked for come from clients.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/inner.h"

#define MAC_ATTEMPTS 8

struct search {
	struct networks *nets;
	struct network *network;
	struct endpoint *self;
};

static struct ip *ip_of(struct lease_record *lease, unsigned family)
{
	return family == FAMILY_6 ? &lease->ip6 : &lease->ip4;
}

static const struct ip *asked_ip(const struct endpoint *e, unsigned family)
{
	return family == FAMILY_6 ? &e->config.ip6 : &e->config.ip4;
}

/* Return: the next endpoint of the network, except the one that the search is for; start with NULL.
 */
static struct endpoint *next_other(const struct search *s, const struct endpoint *last)
{
	struct member *m = last ? last->member->next : s->nets->members;

	for (; m; m = m->next) {
		struct endpoint *e = member_endpoint(m, s->network->rec.name);

		if (e && e != s->self)
			return e;
	}
	return NULL;
}

static struct endpoint *find_holder(const struct search *s, unsigned family, const struct ip *ip)
{
	struct endpoint *e = next_other(s, NULL);

	while (e && !ip_equal(ip_of(&e->rec.lease, family), ip))
		e = next_other(s, e);
	return e;
}

static struct endpoint *find_mac(const struct search *s, const char *mac)
{
	struct endpoint *e = next_other(s, NULL);

	while (e && !streq(e->rec.lease.mac, mac))
		e = next_other(s, e);
	return e;
}

static int store_lease(struct networks *nets, struct endpoint *e, const struct lease_record *lease,
		       struct err *err)
{
	struct endpoint_record rec = e->rec;
	int r;

	rec.lease = *lease;
	r = state_lease(nets->state, &rec, err);
	if (r < 0)
		return r;
	mutex_hold(&nets->lock);
	e->rec.lease = *lease;
	return 0;
}

/* Has an endpoint give up addresses that somebody else is to have: all of them, as they belong
 * together. */
static int give_way(const struct search *s, struct endpoint *holder, const char *what,
		    struct err *err)
{
	const struct member *m = holder->member;
	bool active;

	pthread_mutex_lock(&s->nets->lock);
	active = m->active;
	pthread_mutex_unlock(&s->nets->lock);
	if (active)
		return err_set(err, -EBUSY,
			       "address already in use: %s on network %s is container \"%s\"'s",
			       what, network_said_name(s->network->rec.name),
			       m->name ? m->name : m->id);
	return store_lease(s->nets, holder, &(struct lease_record){ 0 }, err);
}

static int take_asked(const struct search *s, unsigned family, struct ip *ret, struct err *err)
{
	const struct subnet *subnet = &s->network->config.subnets[family];
	const struct ip *asked = asked_ip(s->self, family);
	struct endpoint *holder = find_holder(s, family, asked);
	char text[IP_TEXT_MAX];

	ip_format(asked, text);
	if (!ipam_can_have(subnet, asked))
		return err_set(err, -EINVAL,
			       "invalid address %s: no container can have it on network %s", text,
			       network_said_name(s->network->rec.name));
	if (holder) {
		int r = give_way(s, holder, text, err);

		if (r < 0)
			return r;
	}
	*ret = *asked;
	return 0;
}

static int compare_ips(const void *a, const void *b)
{
	return ip_compare(a, b);
}

/* Lists addresses that must not be picked, sorted: those that others have or ask for. */
static struct ip *list_taken(const struct search *s, unsigned family, size_t *ret_n)
{
	const struct network_config *config = &s->network->config;
	struct ip *taken;
	size_t n = 0, room = config->n_reserved;

	for (struct endpoint *e = next_other(s, NULL); e; e = next_other(s, e))
		room += 2;
	taken = calloc(room + 1, sizeof(*taken));
	if (!taken)
		return NULL;
	for (size_t i = 0; i < config->n_reserved; i++)
		taken[n++] = config->reserved[i];
	for (struct endpoint *e = next_other(s, NULL); e; e = next_other(s, e)) {
		taken[n++] = *ip_of(&e->rec.lease, family);
		taken[n++] = *asked_ip(e, family);
	}
	qsort(taken, n, sizeof(*taken), compare_ips);
	*ret_n = n;
	return taken;
}

/* Takes an address of a container that does not run and did not ask for it. */
static int take_from_other(const struct search *s, unsigned family, struct ip *ret, struct err *err)
{
	for (struct endpoint *e = next_other(s, NULL); e; e = next_other(s, e)) {
		struct ip ip = *ip_of(&e->rec.lease, family);

		if (ip_is_none(&ip) || !ip_is_none(asked_ip(e, family)) ||
		    give_way(s, e, "", NULL) < 0)
			continue;
		*ret = ip;
		return 0;
	}
	return err_set(err, -EADDRNOTAVAIL,
		       "no address is left on network %s: all are those of containers that run",
		       network_said_name(s->network->rec.name));
}

static int pick_free(const struct search *s, unsigned family, struct ip *ret, struct err *err)
{
	const struct subnet *subnet = &s->network->config.subnets[family];
	struct ip *last = &s->network->last[family];
	size_t n;
	cleanup_free struct ip *taken = list_taken(s, family, &n);
	int r = taken ? ipam_pick_address(subnet, taken, n, last, ret) : err_nomem(err);

	if (r == -EADDRNOTAVAIL)
		r = take_from_other(s, family, ret, err);
	if (r == 0)
		*last = *ret;
	return r;
}

/* @only_asked: leave out addresses that were not asked for */
static int find_ip(const struct search *s, unsigned family, bool only_asked, struct ip *ret,
		   struct err *err)
{
	const struct subnet *subnet = &s->network->config.subnets[family];
	const struct ip *asked = asked_ip(s->self, family);

	if (ip_is_none(&subnet->net.ip)) {
		*ret = (struct ip){ 0 };
		return ip_is_none(asked)
			       ? 0
			       : err_set(err, -EINVAL, "network %s has no addresses of IPv%d",
					 network_said_name(s->network->rec.name),
					 family == FAMILY_6 ? 6 : 4);
	}
	if (!ip_is_none(asked))
		return ip_equal(ret, asked) ? 0 : take_asked(s, family, ret, err);
	if (only_asked || ipam_can_have(subnet, ret))
		return 0;
	return pick_free(s, family, ret, err);
}

/* Makes a locally administered MAC of the address, so that no two on a network are equal. */
static int make_mac(const struct search *s, const struct ip *ip, char ret[MAC_TEXT_MAX],
		    struct err *err)
{
	uint8_t tail[4] = { ip->bytes[0], ip->bytes[1], ip->bytes[2], ip->bytes[3] };

	for (unsigned i = 0; i < MAC_ATTEMPTS; i++) {
		int r;

		snprintf(ret, MAC_TEXT_MAX, "02:42:%02x:%02x:%02x:%02x", tail[0], tail[1], tail[2],
			 tail[3]);
		if (!find_mac(s, ret))
			return 0;
		r = random_bytes(tail, sizeof(tail));
		if (r < 0)
			return err_errno(err, r, "a MAC address");
	}
	return err_set(err, -EADDRNOTAVAIL, "no MAC address is left on network %s",
		       network_said_name(s->network->rec.name));
}

static int find_mac_address(const struct search *s, bool only_asked, struct lease_record *lease,
			    struct err *err)
{
	const char *asked = s->self->config.mac;
	struct endpoint *holder;

	if (*asked && streq(asked, lease->mac))
		return 0;
	if (!*asked)
		return *lease->mac || only_asked ? 0 : make_mac(s, &lease->ip4, lease->mac, err);
	holder = find_mac(s, asked);
	if (holder) {
		int r = give_way(s, holder, asked, err);

		if (r < 0)
			return r;
	}
	memcpy(lease->mac, asked, sizeof(lease->mac));
	return 0;
}

static int lease_endpoint(struct networks *nets, struct endpoint *e, bool only_asked,
			  struct err *err)
{
	struct search s = { nets, networks_find(nets, e->rec.network), e };
	struct lease_record lease = e->rec.lease;
	int r = 0;

	if (!s.network)
		return network_not_found(e->rec.network, false, err);
	for (unsigned i = 0; i < FAMILIES && r == 0; i++) {
		struct ip before = *ip_of(&lease, i), *now = ip_of(&lease, i);

		r = find_ip(&s, i, only_asked, now, err);
		/* A MAC made of the former address may soon be somebody else's. */
		if (r == 0 && !ip_equal(&before, now) && !*e->config.mac)
			*lease.mac = '\0';
	}
	if (r == 0)
		r = find_mac_address(&s, only_asked, &lease, err);
	if (r < 0)
		return r;
	if (ip_equal(&lease.ip4, &e->rec.lease.ip4) && ip_equal(&lease.ip6, &e->rec.lease.ip6) &&
	    streq(lease.mac, e->rec.lease.mac))
		return 0;
	return store_lease(nets, e, &lease, err);
}

int address_give(struct networks *nets, struct endpoint *e, struct err *err)
{
	return lease_endpoint(nets, e, false, err);
}

int address_ask(struct networks *nets, struct endpoint *e, struct err *err)
{
	return lease_endpoint(nets, e, true, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  IPv4 subnets are picked from a table of private ones that docker, podman
 * and Kubernetes do not begin with, one after the other from a place that the seed says.  IPv6
 * subnets are unique local ones (RFC 4193) whose 40 random bits come from the seed.  Addresses are
 * picked upwards, and again from the bottom: an address that was given up stays unused for as long
 * as there are others, since connections, caches and tables may still know who had it.
 *
 * Ranges and subnets come from users.
 */
#include "daemon/network/ipam.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/macro.h"

#define V4_BITS_MIN 8u
#define V4_BITS_MAX 30u
#define V6_BITS_MIN 32u
#define V6_BITS_MAX 126u
#define V6_PICKED   64u

/* Pools of IPv4 subnets.  The first two are one row of blocks, and the search begins anywhere in
 * it; the others are for when that is full. */
static const struct {
	uint8_t bytes[4];
	unsigned bits, picked_bits;
} pools[] = {
	{ { 10, 64, 0, 0 }, 12, 20 },
	{ { 10, 80, 0, 0 }, 13, 20 },
	{ { 172, 20, 0, 0 }, 14, 20 },
	{ { 192, 168, 128, 0 }, 17, 24 },
};

#define ROW_BLOCKS ((1u << 8) + (1u << 7))

static struct ip_net v4(const uint8_t bytes[4], unsigned bits)
{
	return (struct ip_net){
		.ip = { AF_INET, { bytes[0], bytes[1], bytes[2], bytes[3] } },
		.bits = (uint8_t)bits,
	};
}

const struct ip_user *ipam_overlap(const struct ip_net *net, const struct ip_user *users,
				   size_t n_users)
{
	for (size_t i = 0; i < n_users; i++)
		if (ip_net_overlap(net, &users[i].net))
			return &users[i];
	return NULL;
}

/* Does the network lie in a range with a meaning of its own? */
static bool is_special(const struct ip_net *net)
{
	static const char *const special[] = { "0.0.0.0/8",   "127.0.0.0/8", "169.254.0.0/16",
					       "224.0.0.0/3", "::/8",	     "fe80::/10",
					       "ff00::/8" };

	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		struct ip_net one;

		if (ip_net_parse(special[i], &one) == 0 && ip_net_overlap(net, &one))
			return true;
	}
	return false;
}

static int check_shape(const struct ip_net *net, const char *text, struct err *err)
{
	bool v6 = net->ip.family == AF_INET6;
	unsigned min = v6 ? V6_BITS_MIN : V4_BITS_MIN, max = v6 ? V6_BITS_MAX : V4_BITS_MAX;
	struct ip_net plain = { ip_net_first(net), net->bits };
	char plain_text[IP_TEXT_MAX];

	ip_net_format(&plain, plain_text);
	if (!ip_equal(&plain.ip, &net->ip))
		return err_set(err, -EINVAL, "invalid subnet %s: it should be %s", text,
			       plain_text);
	if (net->bits < min || net->bits > max)
		return err_set(err, -EINVAL,
			       "invalid subnet %s: a network of this family has %u to %u bits",
			       text, min, max);
	if (is_special(net))
		return err_set(err, -EINVAL,
			       "invalid subnet %s: these addresses have a meaning of their own",
			       text);
	return 0;
}

int ipam_check_subnet(const struct subnet *s, const struct ip_user *users, size_t n_users,
		      struct err *err)
{
	const struct ip_user *user = ipam_overlap(&s->net, users, n_users);
	const struct subnet without_gateway = { .net = s->net };
	char text[IP_TEXT_MAX], other[IP_TEXT_MAX];
	int r;

	ip_net_format(&s->net, text);
	r = check_shape(&s->net, text, err);
	if (r < 0)
		return r;
	if (!ipam_can_have(&without_gateway, &s->gateway)) {
		ip_format(&s->gateway, other);
		return err_set(err, -EINVAL, "invalid gateway %s for subnet %s", other, text);
	}
	if (!ip_is_none(&s->range.ip) && !ip_net_covers(&s->net, &s->range)) {
		ip_net_format(&s->range, other);
		return err_set(err, -EINVAL, "invalid range %s: it is not in subnet %s", other,
			       text);
	}
	if (!user)
		return 0;
	ip_net_format(&user->net, other);
	return err_set(err, -EEXIST, "subnet %s overlaps with %s of %s", text, other, user->who);
}

/* Gives block number @i of all pools.  Return: false where there are no more. */
static bool get_block(unsigned i, struct ip_net *ret)
{
	for (size_t p = 0; p < ARRAY_SIZE(pools); p++) {
		unsigned blocks = 1u << (pools[p].picked_bits - pools[p].bits);
		struct ip_net net = v4(pools[p].bytes, pools[p].picked_bits);

		if (i < blocks) {
			*ret = net;
			return ip_add(&net.ip, (uint64_t)i << (32 - pools[p].picked_bits),
				      &ret->ip);
		}
		i -= blocks;
	}
	return false;
}

static bool pick_v4(const struct ip_user *users, size_t n_users, uint64_t seed, struct ip_net *ret)
{
	unsigned start = (unsigned)(seed % ROW_BLOCKS);
	struct ip_net net;

	for (unsigned i = 0; get_block(i < ROW_BLOCKS ? (start + i) % ROW_BLOCKS : i, &net); i++) {
		if (!ipam_overlap(&net, users, n_users)) {
			*ret = net;
			return true;
		}
	}
	return false;
}

static bool pick_v6(const struct ip_user *users, size_t n_users, uint64_t seed, struct ip_net *ret)
{
	struct ip_net net = { .ip = { AF_INET6, { 0xfd } }, .bits = V6_PICKED };

	for (unsigned i = 0; i < 5; i++)
		net.ip.bytes[1 + i] = (uint8_t)(seed >> 8 * i);
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		net.ip.bytes[6] = (uint8_t)(i >> 8);
		net.ip.bytes[7] = (uint8_t)i;
		if (!ipam_overlap(&net, users, n_users)) {
			*ret = net;
			return true;
		}
	}
	return false;
}

int ipam_pick_subnet(uint8_t family, const struct ip_user *users, size_t n_users, uint64_t seed,
		     struct subnet *ret, struct err *err)
{
	struct subnet s = { 0 };

	if (!(family == AF_INET6 ? pick_v6 : pick_v4)(users, n_users, seed, &s.net))
		return err_set(err, -EADDRNOTAVAIL,
			       "no subnet is free: other networks and the host's routes have all "
			       "that are picked from; remove networks, or name one with --subnet");
	(void)ip_add(&s.net.ip, 1, &s.gateway);
	*ret = s;
	return 0;
}

bool ipam_can_have(const struct subnet *s, const struct ip *ip)
{
	struct ip first = ip_net_first(&s->net), last = ip_net_last(&s->net);

	return ip_net_has(&s->net, ip) && !ip_equal(ip, &first) && !ip_equal(ip, &s->gateway) &&
	       (ip->family == AF_INET6 || !ip_equal(ip, &last));
}

static int compare_addresses(const void *a, const void *b)
{
	return ip_compare(a, b);
}

/* Finds the first free address from @first to @last.  Each step passes one address of @taken, or
 * one of at most three that nobody can have. */
static bool find_free(const struct subnet *s, const struct ip *taken, size_t n_taken,
		      struct ip first, const struct ip *last, struct ip *ret)
{
	for (size_t i = 0; i < n_taken + 4 && ip_compare(&first, last) <= 0; i++) {
		if (ipam_can_have(s, &first) &&
		    !bsearch(&first, taken, n_taken, sizeof(*taken), compare_addresses)) {
			*ret = first;
			return true;
		}
		if (!ip_add(&first, 1, &first))
			return false;
	}
	return false;
}

int ipam_pick_address(const struct subnet *s, const struct ip *taken, size_t n_taken,
		      const struct ip *after, struct ip *ret)
{
	const struct ip_net *range = ip_is_none(&s->range.ip) ? &s->net : &s->range;
	struct ip first = ip_net_first(range), last = ip_net_last(range), next;

	if (ip_net_has(range, after) && ip_add(after, 1, &next) &&
	    find_free(s, taken, n_taken, next, &last, ret))
		return 0;
	return find_free(s, taken, n_taken, first, &last, ret) ? 0 : -EADDRNOTAVAIL;
}

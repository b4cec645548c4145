/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Addresses of IPv4 and IPv6, and networks.  Values without memory of their own; all zeros is
 * "none". */

#define IP_TEXT_MAX 50 /* "ADDRESS/BITS" and its end */

struct ip {
	uint8_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16];
};

/* An address and the length of its network's prefix.  In a network as such the bits behind the
 * prefix are zero; in the address of a host they are not. */
struct ip_net {
	struct ip ip;
	uint8_t bits;
};

/** ip_parse() - "10.1.2.3" or "fd00::1", without a zone.  Return: 0; -EINVAL, @ret untouched. */
int ip_parse(const char *text, struct ip *ret);

/** ip_format() - as text; "" for none */
void ip_format(const struct ip *ip, char ret[IP_TEXT_MAX]);

/** ip_net_parse() - "10.1.2.0/24"; bits behind the prefix are kept.  Return: 0; -EINVAL, @ret
 * untouched. */
int ip_net_parse(const char *text, struct ip_net *ret);

/** ip_net_format() - "ADDRESS/BITS"; "" for none */
void ip_net_format(const struct ip_net *net, char ret[IP_TEXT_MAX]);

/** ip_bits() - the number of an address's bits: 32, 128, or 0 for none */
unsigned ip_bits(const struct ip *ip);

/** ip_compare() - order by family, then by value.  Return: as memcmp(). */
int ip_compare(const struct ip *a, const struct ip *b);

static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_compare(a, b) == 0;
}

/** ip_is_none() - is there no address? */
static inline bool ip_is_none(const struct ip *ip)
{
	return ip->family == 0;
}

/** ip_is_remote() - can it be another host's address?  Not where it is loopback, "any", multicast,
 * or link-local. */
bool ip_is_remote(const struct ip *ip);

/** ip_add() - the address @n after another.  Return: false where there is none, @ret untouched. */
bool ip_add(const struct ip *ip, uint64_t n, struct ip *ret);

/** ip_net_first(), ip_net_last() - the ends of a network; of IPv4 these are the network's own
 * address and its broadcast address */
struct ip ip_net_first(const struct ip_net *net);
struct ip ip_net_last(const struct ip_net *net);

/** ip_net_has() - is an address in a network? */
bool ip_net_has(const struct ip_net *net, const struct ip *ip);

/** ip_net_covers() - is all of @inner in @outer? */
bool ip_net_covers(const struct ip_net *outer, const struct ip_net *inner);

/** ip_net_overlap() - have two networks an address in common? */
bool ip_net_overlap(const struct ip_net *a, const struct ip_net *b);

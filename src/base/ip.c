/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

int ip_parse(const char *text, struct ip *ret)
{
	struct ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return -EINVAL;
	*ret = ip;
	return 0;
}

void ip_format(const struct ip *ip, char ret[IP_TEXT_MAX])
{
	if (ip_is_none(ip) || !inet_ntop(ip->family, ip->bytes, ret, IP_TEXT_MAX))
		*ret = '\0';
}

int ip_net_parse(const char *text, struct ip_net *ret)
{
	const char *slash = strchr(text, '/');
	char address[IP_TEXT_MAX];
	struct ip_net net;
	uint32_t bits;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (ip_parse(address, &net.ip) < 0 || str_to_u32(slash + 1, &bits) < 0 ||
	    bits > ip_bits(&net.ip))
		return -EINVAL;
	net.bits = (uint8_t)bits;
	*ret = net;
	return 0;
}

void ip_net_format(const struct ip_net *net, char ret[IP_TEXT_MAX])
{
	size_t len;

	ip_format(&net->ip, ret);
	len = strlen(ret);
	if (len > 0)
		snprintf(ret + len, IP_TEXT_MAX - len, "/%u", net->bits);
}

unsigned ip_bits(const struct ip *ip)
{
	return ip->family == AF_INET ? 32 : ip->family == AF_INET6 ? 128 : 0;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, ip_bits(a) / 8);
}

bool ip_add(const struct ip *ip, uint64_t n, struct ip *ret)
{
	struct ip sum = *ip;
	unsigned carry = 0;

	for (size_t i = ip_bits(ip) / 8; i-- > 0; n >>= 8) {
		unsigned byte = sum.bytes[i] + (unsigned)(n & 0xff) + carry;

		sum.bytes[i] = (uint8_t)byte;
		carry = byte >> 8;
	}
	if (n > 0 || carry > 0)
		return false;
	*ret = sum;
	return true;
}

/* Sets the bits behind a network's prefix to those of @with. */
static struct ip fill_rest(const struct ip_net *net, uint8_t with)
{
	struct ip ip = net->ip;

	for (unsigned i = 0; i < ip_bits(&ip) / 8; i++) {
		unsigned own = net->bits <= i * 8 ? 0 : net->bits - i * 8;
		uint8_t mask = (uint8_t)(own >= 8 ? 0xff : 0xff00 >> own);

		ip.bytes[i] = (uint8_t)((ip.bytes[i] & mask) | (with & ~mask));
	}
	return ip;
}

struct ip ip_net_first(const struct ip_net *net)
{
	return fill_rest(net, 0);
}

struct ip ip_net_last(const struct ip_net *net)
{
	return fill_rest(net, 0xff);
}

bool ip_net_has(const struct ip_net *net, const struct ip *ip)
{
	const struct ip_net same = { *ip, net->bits };
	struct ip a = ip_net_first(net), b = ip_net_first(&same);

	return ip_equal(&a, &b) && !ip_is_none(ip);
}

bool ip_is_remote(const struct ip *ip)
{
	/* The first network of IPv6 covers "any", loopback, and IPv4-compatible addresses. */
	static const struct ip_net near[] = {
		{ { AF_INET, { 0 } }, 8 },     { { AF_INET, { 127 } }, 8 },
		{ { AF_INET, { 224 } }, 3 },   { { AF_INET6, { 0 } }, 8 },
		{ { AF_INET6, { 0xff } }, 8 }, { { AF_INET6, { 0xfe, 0x80 } }, 10 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		if (ip_net_has(&near[i], ip))
			return false;
	return !ip_is_none(ip);
}

bool ip_net_covers(const struct ip_net *outer, const struct ip_net *inner)
{
	return outer->bits <= inner->bits && ip_net_has(outer, &inner->ip);
}

bool ip_net_overlap(const struct ip_net *a, const struct ip_net *b)
{
	return ip_net_covers(a, b) || ip_net_covers(b, a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A packet is a container's, and whatever it wants it to be: each field is
 * looked at where it is surely there.  Of IPv6 the headers between its own and the next protocol's
 * are skipped, eight at most.
 */
#include "net/inside/packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define HEADER_4     20u
#define HEADER_6     40u
#define EXTENSIONS   8
#define SCTP	     132
#define FRAGMENT_LEN 8u

static uint16_t load_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void read_port(const unsigned char *data, size_t len, size_t at, struct packet *p)
{
	switch (p->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case SCTP:
		if (len >= at + 4)
			p->port = load_u16(data + at + 2);
		break;
	default:
		break;
	}
}

static struct ip load_ip(uint8_t family, const unsigned char *at)
{
	struct ip ip = { .family = family };

	memcpy(ip.bytes, at, ip_bits(&ip) / 8);
	return ip;
}

static int parse_4(const unsigned char *data, size_t len, struct packet *p)
{
	size_t header = (size_t)(data[0] & 0x0f) * 4;

	if (len < HEADER_4 || header < HEADER_4)
		return -EBADMSG;
	p->from = load_ip(AF_INET, data + 12);
	p->to = load_ip(AF_INET, data + 16);
	p->protocol = data[9];
	/* Only the first fragment has ports. */
	if ((load_u16(data + 6) & 0x1fff) == 0)
		read_port(data, len, header, p);
	return 0;
}

/* Skips an extension header.  Return: where the next header begins; 0: this one is not to be
 * skipped, or it is cut off. */
static size_t skip_extension(const unsigned char *data, size_t len, size_t at, uint8_t *protocol)
{
	size_t size;

	if (len < at + FRAGMENT_LEN)
		return 0;
	switch (*protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		size = ((size_t)data[at + 1] + 1) * 8;
		break;
	case IPPROTO_FRAGMENT:
		if (load_u16(data + at + 2) & 0xfff8)
			return 0;
		size = FRAGMENT_LEN;
		break;
	default:
		return 0;
	}
	*protocol = data[at];
	return at + size;
}

static int parse_6(const unsigned char *data, size_t len, struct packet *p)
{
	size_t at = HEADER_6, next;

	if (len < HEADER_6)
		return -EBADMSG;
	p->from = load_ip(AF_INET6, data + 8);
	p->to = load_ip(AF_INET6, data + 24);
	p->protocol = data[6];
	for (int i = 0; i < EXTENSIONS; i++) {
		next = skip_extension(data, len, at, &p->protocol);
		if (next == 0)
			break;
		at = next;
	}
	read_port(data, len, at, p);
	return 0;
}

int packet_parse(const unsigned char *data, size_t len, struct packet *ret)
{
	struct packet p = { 0 };
	int r = -EBADMSG;

	if (len > 0 && data[0] >> 4 == 4)
		r = parse_4(data, len, &p);
	else if (len > 0 && data[0] >> 4 == 6)
		r = parse_6(data, len, &p);
	if (r == 0)
		*ret = p;
	return r;
}

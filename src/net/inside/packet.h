/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/ip.h"

/* Who a packet is from and for. */
struct packet {
	struct ip from, to;
	uint8_t protocol;
	uint16_t port; /* where it is for, of TCP, UDP and their like; 0: there is none, or it is
			  not there */
};

/**
 * packet_parse() - the beginning of a packet of IPv4 or IPv6
 *
 * Return: 0; -EBADMSG, @ret untouched.
 */
int packet_parse(const unsigned char *data, size_t len, struct packet *ret);

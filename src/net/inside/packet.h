/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/ip.h"

/* The sender and the destination of a packet. */
struct packet {
	struct ip from, to;
	uint8_t protocol;
	uint16_t port; /* of the destination, for TCP, UDP and their like; 0: none, or cut off */
};

/**
 * packet_parse() - read the beginning of a packet of IPv4 or IPv6
 *
 * Return: 0; -EBADMSG, @ret untouched.
 */
int packet_parse(const unsigned char *data, size_t len, struct packet *ret);

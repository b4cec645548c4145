/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/ip.h"

/*
 * Rules of a network whose egress is limited: each allows something outside to be reached.
 *
 *	example.org		a name, and every name below it
 *	example.org:443		the same, one port of it, TCP and UDP
 *	10.0.0.0/8:5432/tcp	addresses, with a port and a protocol
 *	[fd00::/8]:443		the same for IPv6
 */

#define EGRESS_NAME_MAX 253

struct egress_rule {
	char name[EGRESS_NAME_MAX + 1]; /* in lower case; empty: @net is allowed */
	struct ip_net net;
	uint16_t port; /* 0: all ports */
	bool tcp, udp; /* neither: every protocol */
};

/** egress_parse() - read one rule.  Return: 0; -EINVAL with a message. */
int egress_parse(const char *text, struct egress_rule *ret, struct err *err);

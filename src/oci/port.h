/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Ports as images, clients and users write them: "80", "80/udp", "8000-8010/tcp". */

enum port_protocol { PORT_TCP, PORT_UDP, PORT_SCTP };

/* A range of ports from 1 to 65535; both numbers are 0 where nobody asked for one. */
struct port_range {
	uint16_t first, last;
};

struct port_spec {
	struct port_range range;
	enum port_protocol protocol;
};

#define PORT_TEXT_MAX 24 /* bytes of "65535-65535/sctp", and more */

/** port_range_parse() - read "80" or "80-90".  Return: 0; -EINVAL. */
int port_range_parse(const char *text, struct port_range *ret);

/** port_spec_parse() - read PORT[-PORT][/PROTOCOL]; without a protocol, tcp.  Return: 0; -EINVAL
 * with a message. */
int port_spec_parse(const char *text, struct port_spec *ret, struct err *err);

/** port_key() - write "80/tcp", as ExposedPorts and PortBindings name a port.  @ret:
 * PORT_TEXT_MAX */
void port_key(uint16_t port, enum port_protocol protocol, char *ret);

const char *port_protocol_name(enum port_protocol protocol);

static inline unsigned port_range_count(struct port_range r)
{
	return r.last - r.first + 1u;
}

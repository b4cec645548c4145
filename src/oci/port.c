/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/port.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "base/str.h"

static const char *const protocols[] = {
	[PORT_TCP] = "tcp",
	[PORT_UDP] = "udp",
	[PORT_SCTP] = "sctp",
};

int port_range_parse(const char *text, struct port_range *ret)
{
	uint32_t first, last;

	if (str_to_range(text, &first, &last) < 0 || first == 0 || last > UINT16_MAX)
		return -EINVAL;
	*ret = (struct port_range){ (uint16_t)first, (uint16_t)last };
	return 0;
}

static int parse_protocol(const char *text, enum port_protocol *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (strcasecmp(protocols[i], text) == 0) {
			*ret = (enum port_protocol)i;
			return 0;
		}
	return -EINVAL;
}

int port_spec_parse(const char *text, struct port_spec *ret, struct err *err)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct port_spec spec = { .protocol = PORT_TCP };
	char numbers[PORT_TEXT_MAX];

	if (len >= sizeof(numbers))
		return err_set(err, -EINVAL, "invalid port \"%s\"", text);
	memcpy(numbers, text, len);
	numbers[len] = '\0';
	if (port_range_parse(numbers, &spec.range) < 0)
		return err_set(err, -EINVAL,
			       "invalid port \"%s\": a number from 1 to 65535, or a range of them",
			       text);
	if (slash && parse_protocol(slash + 1, &spec.protocol) < 0)
		return err_set(err, -EINVAL,
			       "invalid port \"%s\": the protocol is tcp, udp or sctp", text);
	*ret = spec;
	return 0;
}

void port_key(uint16_t port, enum port_protocol protocol, char *ret)
{
	snprintf(ret, PORT_TEXT_MAX, "%u/%s", port, protocols[protocol]);
}

const char *port_protocol_name(enum port_protocol protocol)
{
	return protocols[protocol];
}

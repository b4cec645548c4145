/* SPDX-License-Identifier: Apache-2.0 */
#include "net/common/wire.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/unix.h"

/* How many bytes of a message are sent: of its subnets, only those there are. */
static size_t length_of(const struct wire_message *m)
{
	return m->kind == WIRE_UPLINK
		       ? offsetof(struct wire_message, uplink.subnets) +
				 m->uplink.n_subnets * sizeof(struct ip_net)
		       : offsetof(struct wire_message, uplink) + sizeof(struct wire_place);
}

int wire_send(int wire, const struct wire_message *m, int fd)
{
	return unix_send(wire, m, length_of(m), fd);
}

static void end_text(char text[WIRE_TEXT_MAX])
{
	text[WIRE_TEXT_MAX - 1] = '\0';
}

static bool is_address(const struct ip *ip)
{
	return ip_is_none(ip) || ip_bits(ip) > 0;
}

static bool check_uplink(const struct wire_message *m, size_t len)
{
	if (len < offsetof(struct wire_message, uplink.subnets) ||
	    m->uplink.n_subnets > WIRE_SUBNETS_MAX || len != length_of(m))
		return false;
	for (uint32_t i = 0; i < m->uplink.n_subnets; i++)
		if (ip_bits(&m->uplink.subnets[i].ip) == 0 ||
		    m->uplink.subnets[i].bits > ip_bits(&m->uplink.subnets[i].ip))
			return false;
	return true;
}

static bool check_frame(struct wire_message *m, size_t len)
{
	if (len < offsetof(struct wire_message, uplink))
		return false;
	if (m->kind == WIRE_UPLINK)
		return check_uplink(m, len);
	if (len != length_of(m))
		return false;
	switch (m->kind) {
	case WIRE_PLACE:
		end_text(m->place.text);
		return is_address(&m->place.host[0]) && is_address(&m->place.host[1]) &&
		       is_address(&m->place.behind[0]) && is_address(&m->place.behind[1]) &&
		       is_address(&m->place.own[0].ip) && is_address(&m->place.own[1].ip);
	case WIRE_RESOLVERS:
		return m->resolvers.n <= WIRE_RESOLVERS_MAX;
	case WIRE_FIREWALL:
		end_text(m->text);
		return true;
	case WIRE_SHORTCUT:
		return m->shortcut.at.family == AF_INET && m->shortcut.to.family == AF_INET &&
		       m->shortcut.at_port != 0 && m->shortcut.to_port != 0;
	default:
		return true;
	}
}

int wire_receive(int wire, struct wire_message *ret, int *ret_fd)
{
	cleanup_close int fd = -1;
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	n = unix_recv(wire, ret, sizeof(*ret), &fd);
	if (n <= 0)
		return (int)n;
	if (!check_frame(ret, (size_t)n))
		return -EBADMSG;
	*ret_fd = take_fd(&fd);
	return 1;
}

bool wire_wishes_family(const struct wire_uplink *wish, uint8_t family)
{
	for (uint32_t i = 0; i < wish->n_subnets; i++)
		if (wish->subnets[i].ip.family == family)
			return true;
	return false;
}

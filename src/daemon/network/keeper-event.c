/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/keeper-event.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/json-object.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/inner.h"
#include "daemon/state/hub.h"
#include "net/answer.h"

static const char *protocol_name(int protocol)
{
	return protocol == IPPROTO_TCP	    ? "tcp"
	       : protocol == IPPROTO_UDP    ? "udp"
	       : protocol == IPPROTO_ICMP   ? "icmp"
	       : protocol == IPPROTO_ICMPV6 ? "icmpv6"
					    : "";
}

/* Finds the container with an address; under the lock.  Return: its id; "". */
static const char *find_container(struct networks *nets, const char *network, const struct ip *ip)
{
	for (struct member *m = nets->members; m; m = m->next) {
		const struct endpoint *e = member_endpoint(m, network);

		if (e && (ip_equal(&e->rec.lease.ip4, ip) || ip_equal(&e->rec.lease.ip6, ip)))
			return m->id;
	}
	return "";
}

static const struct network *find_network(struct networks *nets, const char *id)
{
	const struct network *n = nets->first;

	while (n && !(*id && str_starts(n->rec.id, id)))
		n = n->next;
	return n;
}

/* Publishes that a container on a network with limited egress was refused. */
static void publish_refusal(struct networks *nets, const struct net_event *e)
{
	const struct network *n;
	char to[IP_TEXT_MAX], port[8] = "";

	ip_format(&e->to, to);
	if (e->port)
		snprintf(port, sizeof(port), "%u", e->port);
	mutex_hold(&nets->lock);
	n = find_network(nets, e->network);
	if (n)
		hub_publish(nets->hub, "network", "egress_refused", n->rec.id,
			    JSON_OBJECT(member_text("name", n->rec.name),
					member_text("container",
						    find_container(nets, n->rec.name, &e->from)),
					member_text("to", *e->name ? e->name : to),
					member_text("protocol",
						    *e->name ? "dns" : protocol_name(e->protocol)),
					member_text("port", port)));
}

/* Logs a warning once while it stays the same; its end is not logged. */
static void note_warning(struct networks *nets, const char *text)
{
	pthread_mutex_lock(&nets->lock);
	nets->warned = nets->warned && streq(nets->warning, text);
	snprintf(nets->warning, sizeof(nets->warning), "%s", text);
	pthread_mutex_unlock(&nets->lock);
	if (*text)
		log_warning("moat-net: %s", text);
}

void keeper_event(struct networks *nets, const char *packet, size_t len)
{
	struct net_event e = { 0 };
	struct err err = { 0 };
	int r = net_event_read(packet, len, &e, &err);

	if (r == -EOPNOTSUPP)
		return;
	if (r < 0)
		log_warning("moat-net: %s", err.msg);
	else if (e.type == NET_EVENT_REFUSED)
		publish_refusal(nets, &e);
	else if (e.type == NET_EVENT_HOST)
		note_warning(nets, e.text);
	else
		log_warning("moat-net: %s", e.text);
}

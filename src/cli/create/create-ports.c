/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  --publish takes docker's forms, read from the right: a protocol behind a
 * slash, the container's port or range, the host's, and all that is left is the host's address,
 * which may have colons.  Ranges are taken apart here, as docker's client does: the API knows only
 * single ports of the container, with a range of the host's to choose from.
 */
#include "cli/create/create-ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/create/create-put.h"
#include "oci/port.h"

struct publish {
	const char *text; /* as it was written */
	const char *ip;	  /* "": every address of the host */
	struct port_spec container;
	struct port_range host; /* 0: moatd chooses */
};

static int bad_publish(const char *text, const char *why, struct err *err)
{
	return err_set(err, -EINVAL, "invalid port \"%s\": %s; write [[IP:]HOST:]PORT[/PROTOCOL]",
		       text, why);
}

/* Cuts off the text behind the last colon.  Return: that text; NULL where there is no colon. */
static char *cut_last(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static bool is_address(const char *s)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, address) == 1 || inet_pton(AF_INET6, s, address) == 1;
}

/* @ip: changed; IPv6 may stand in brackets */
static int read_address(struct publish *p, char *ip, struct err *err)
{
	if (*ip == '[' && str_ends(ip, "]")) {
		ip[strlen(ip) - 1] = '\0';
		ip++;
	}
	if (*ip && !is_address(ip))
		return bad_publish(p->text, "its address is no IP address", err);
	p->ip = ip;
	return 0;
}

static int read_host_port(struct publish *p, const char *host, struct err *err)
{
	unsigned n = port_range_count(p->container.range);

	if (!*host || streq(host, "0"))
		return 0;
	if (port_range_parse(host, &p->host) < 0)
		return bad_publish(p->text, "the host's port is from 1 to 65535", err);
	if (n > 1 && port_range_count(p->host) != n)
		return bad_publish(p->text, "its two ranges are not of one length", err);
	return 0;
}

/* @copy: of the text; changed, and kept for as long as @ret */
static int read_publish(char *copy, struct publish *ret, struct err *err)
{
	char *container, *host, *last = cut_last(copy);
	struct err why;
	int r;

	container = last ? last : copy;
	if (port_spec_parse(container, &ret->container, &why) < 0)
		return bad_publish(ret->text,
				   "the container's port is from 1 to 65535, and its "
				   "protocol tcp, udp or sctp",
				   err);
	if (!last)
		return 0;
	host = cut_last(copy);
	r = host ? read_address(ret, copy, err) : 0;
	return r < 0 ? r : read_host_port(ret, host ? host : copy, err);
}

static void write_host_port(const struct publish *p, unsigned i, char ret[PORT_TEXT_MAX])
{
	unsigned n = port_range_count(p->container.range);

	ret[0] = '\0';
	if (p->host.first == 0)
		return;
	if (n == 1 && p->host.last > p->host.first)
		snprintf(ret, PORT_TEXT_MAX, "%u-%u", p->host.first, p->host.last);
	else
		snprintf(ret, PORT_TEXT_MAX, "%u", p->host.first + i);
}

static int add_binding(json_t *bindings, const char *key, const char *ip, const char *port,
		       struct err *err)
{
	json_t *list = json_object_get(bindings, key);
	int r = 0;

	if (!list) {
		list = json_array();
		r = create_put(bindings, key, list, err);
	}
	if (r == 0 && json_array_append_new(
			      list, json_pack("{s:s, s:s}", "HostIp", ip, "HostPort", port)) < 0)
		r = err_nomem(err);
	return r;
}

static int add_publish(json_t *exposed, json_t *bindings, const char *text, struct err *err)
{
	cleanup_free char *copy = strdup(text);
	struct publish p = { .text = text, .ip = "" };
	char key[PORT_TEXT_MAX], port[PORT_TEXT_MAX];
	int r = copy ? read_publish(copy, &p, err) : err_nomem(err);

	for (unsigned i = 0; r == 0 && i < port_range_count(p.container.range); i++) {
		port_key((uint16_t)(p.container.range.first + i), p.container.protocol, key);
		write_host_port(&p, i, port);
		r = add_binding(bindings, key, p.ip, port, err);
		if (r == 0)
			r = create_put(exposed, key, json_object(), err);
	}
	return r;
}

static int add_exposed(json_t *exposed, const char *text, struct err *err)
{
	struct port_spec spec;
	char key[PORT_TEXT_MAX];
	int r = port_spec_parse(text, &spec, err);

	for (uint32_t port = spec.range.first; r == 0 && port <= spec.range.last; port++) {
		port_key((uint16_t)port, spec.protocol, key);
		r = create_put(exposed, key, json_object(), err);
	}
	return r;
}

int create_put_ports(const struct options *o, json_t *body, json_t *host, struct err *err)
{
	json_t *exposed = json_object(), *bindings = json_object();
	const char *value;
	size_t cursor = 0;
	int r = create_put(body, "ExposedPorts", exposed, err);
	int s = create_put(host, "PortBindings", bindings, err);

	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	while (r == 0 && (value = options_next(o, "publish", &cursor)))
		r = add_publish(exposed, bindings, value, err);
	cursor = 0;
	while (r == 0 && (value = options_next(o, "expose", &cursor)))
		r = add_exposed(exposed, value, err);
	return r < 0 ? r
		     : create_put(host, "PublishAllPorts",
				  json_boolean(options_flag(o, "publish-all")), err);
}

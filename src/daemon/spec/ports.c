/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A key of PortBindings is a port of the container, its value the places on
 * the host that lead to it, one by one.  With PublishAllPorts each exposed port that has none gets
 * one of the host's choice.  Sorting makes the outcome independent of the order in which JSON's
 * members come.
 *
 * Keys and values are a client's, and, of ExposedPorts, an image's.
 */
#include "daemon/spec/ports.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"

void port_plan_reset(struct port_plan *p)
{
	free(p->bindings);
	*p = (struct port_plan){ 0 };
}

int port_compare(uint16_t a, enum port_protocol a_protocol, uint16_t b,
		 enum port_protocol b_protocol)
{
	return a != b ? (int)a - (int)b : (int)a_protocol - (int)b_protocol;
}

static int add_binding(struct port_plan *p, const struct port_binding *b, struct err *err)
{
	struct port_binding *grown;

	if (p->n >= PORTS_MAX)
		return err_set(err, -EINVAL, "more than %u published ports", PORTS_MAX);
	/* The array grows when its length is a power of two. */
	if ((p->n & (p->n - 1)) == 0) {
		grown = reallocarray(p->bindings, p->n ? p->n * 2 : 1, sizeof(*grown));
		if (!grown)
			return err_nomem(err);
		p->bindings = grown;
	}
	p->bindings[p->n++] = *b;
	return 0;
}

/* One port of the container, as a key of ExposedPorts or PortBindings names it. */
static int read_key(const char *key, struct port_spec *ret, struct err *err)
{
	int r = port_spec_parse(key, ret, err);

	if (r == 0 && port_range_count(ret->range) != 1)
		r = err_set(err, -EINVAL, "invalid port \"%s\": one port, no range", key);
	return r;
}

static int read_host_ip(const char *ip, struct port_binding *b, struct err *err)
{
	unsigned char address[sizeof(struct in6_addr)];
	int family = ip && strchr(ip, ':') ? AF_INET6 : AF_INET;

	b->host_ip[0] = '\0';
	if (!ip || !*ip)
		return 0;
	if (inet_pton(family, ip, address) != 1)
		return err_set(err, -EINVAL, "invalid address \"%s\" of a published port", ip);
	/* The shortest form, so that equal addresses are equal texts. */
	inet_ntop(family, address, b->host_ip, sizeof(b->host_ip));
	return 0;
}

static int read_binding(const char *key, const json_t *value, struct port_binding *b,
			struct err *err)
{
	const char *ip = NULL, *port = NULL;
	int r;

	if (!json_is_object(value))
		return err_set(err, -EBADMSG, "PortBindings of %s: not an object", key);
	r = json_get_str(value, "HostIp", &ip, err);
	if (r == 0)
		r = json_get_str(value, "HostPort", &port, err);
	if (r == 0)
		r = read_host_ip(ip, b, err);
	if (r < 0)
		return r;
	b->host = (struct port_range){ 0, 0 };
	if (port && *port && !streq(port, "0") && port_range_parse(port, &b->host) < 0)
		return err_set(err, -EINVAL, "invalid port specification: \"%s\"", port);
	return 0;
}

static int check_protocol(const struct port_spec *spec, const char *key, struct err *err)
{
	if (spec->protocol != PORT_SCTP)
		return 0;
	return err_set(err, -EOPNOTSUPP,
		       "moat does not publish ports of SCTP (%s): its relay knows TCP and UDP",
		       key);
}

static int read_port(const char *key, const json_t *list, struct port_plan *p, struct err *err)
{
	struct port_binding b = { 0 };
	struct port_spec spec;
	const json_t *value;
	size_t i;
	int r = read_key(key, &spec, err);

	if (r == 0 && !json_is_array(list) && !json_is_null(list))
		r = err_set(err, -EBADMSG, "PortBindings of %s: not an array", key);
	if (r == 0 && json_array_size(list) > 0)
		r = check_protocol(&spec, key, err);
	if (r < 0)
		return r;
	b.port = spec.range.first;
	b.protocol = spec.protocol;
	json_array_foreach (list, i, value) {
		r = read_binding(key, value, &b, err);
		if (r == 0)
			r = add_binding(p, &b, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_bindings(const void *a, const void *b)
{
	const struct port_binding *x = a, *y = b;
	int r = port_compare(x->port, x->protocol, y->port, y->protocol);

	if (r == 0)
		r = strcmp(x->host_ip, y->host_ip);
	if (r == 0)
		r = (int)x->host.first - (int)y->host.first;
	return r != 0 ? r : (int)x->host.last - (int)y->host.last;
}

/* Sorts, and drops bindings that were asked for twice; two bindings to any free port stay two. */
static void sort_bindings(struct port_plan *p)
{
	size_t kept = 0;

	if (p->n > 0)
		qsort(p->bindings, p->n, sizeof(*p->bindings), compare_bindings);
	for (size_t i = 0; i < p->n; i++) {
		const struct port_binding *b = &p->bindings[i];

		if (kept == 0 || b->host.first == 0 ||
		    compare_bindings(b, &p->bindings[kept - 1]) != 0)
			p->bindings[kept++] = *b;
	}
	p->n = kept;
}

static int compare_ports(const void *a, const void *b)
{
	const struct port_binding *x = a, *y = b;

	return port_compare(x->port, x->protocol, y->port, y->protocol);
}

/* Gives each exposed port without a binding one to any free port. */
static int bind_exposed(const json_t *config, struct port_plan *p, struct err *err)
{
	size_t asked = p->n;
	const char *key;
	json_t *ports, *value;
	int r = json_get_object(config, "ExposedPorts", &ports, err);

	json_object_foreach (ports, key, value) {
		struct port_binding b = { 0 };
		struct port_spec spec;

		if (r == 0)
			r = read_key(key, &spec, err);
		if (r < 0 || spec.protocol == PORT_SCTP)
			continue;
		b.port = spec.range.first;
		b.protocol = spec.protocol;
		if (asked == 0 || !bsearch(&b, p->bindings, asked, sizeof(b), compare_ports))
			r = add_binding(p, &b, err);
	}
	return r;
}

int port_plan_read(const json_t *config, const json_t *host, struct port_plan *ret, struct err *err)
{
	cleanup(port_plan_reset) struct port_plan plan = { 0 };
	const char *key;
	json_t *bindings, *list;
	bool all = false;
	int r = json_get_object(host, "PortBindings", &bindings, err);

	json_object_foreach (bindings, key, list) {
		if (r == 0)
			r = read_port(key, list, &plan, err);
	}
	if (r == 0)
		r = json_get_bool(host, "PublishAllPorts", &all, err);
	if (r < 0)
		return r;
	sort_bindings(&plan);
	if (all)
		r = bind_exposed(config, &plan, err);
	if (r < 0)
		return r;
	sort_bindings(&plan);
	*ret = take_struct(plan);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A request is docker's, and what is stored has its form: so one function
 * reads both, and whatever was stored passes the same checks again.  Subnets that nobody named are
 * picked (network_config_fill()) and stored with a note that they were: where the host has got a
 * route to these addresses since, others may be picked as long as nobody uses them.
 *
 * Requests come from clients; driver options are in options.c.
 */
#include "daemon/network/config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/json-object.h"
#include "base/str.h"
#include "daemon/network/options.h"

void network_config_reset(struct network_config *c)
{
	free(c->reserved);
	strv_free(c->allow);
	free(c->interface_prefix);
	json_decref(c->ipam);
	json_decref(c->options);
	json_decref(c->labels);
	*c = (struct network_config){ 0 };
}

int network_name_check(const char *name, struct err *err)
{
	bool ok = str_is_alnum(name[0]) && strlen(name) <= NETWORK_NAME_MAX;

	for (const char *p = name; ok && *p; p++)
		ok = str_is_alnum(*p) || strchr("_.-", *p);
	return ok ? 0
		  : err_set(err, -EINVAL,
			    "invalid network name \"%s\": only [a-zA-Z0-9][a-zA-Z0-9_.-] are "
			    "allowed, at most %u characters",
			    name, NETWORK_NAME_MAX);
}

static int family_of(const struct ip *ip)
{
	return ip->family == AF_INET6 ? FAMILY_6 : FAMILY_4;
}

/* Reads a text member that is an address; "none" where it is missing or empty. */
static int get_ip(const json_t *obj, const char *key, struct ip *ret, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0 || !text || !*text)
		return r;
	return ip_parse(text, ret) < 0
		       ? err_set(err, -EINVAL, "invalid %s \"%s\": no IP address", key, text)
		       : 0;
}

static int get_net(const json_t *obj, const char *key, struct ip_net *ret, struct err *err)
{
	const char *text;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0 || !text || !*text)
		return r;
	return ip_net_parse(text, ret) < 0
		       ? err_set(err, -EINVAL, "invalid %s \"%s\": write ADDRESS/BITS", key, text)
		       : 0;
}

static int add_reserved(struct network_config *c, const struct ip *ip)
{
	struct ip *grown = reallocarray(c->reserved, c->n_reserved + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	c->reserved = grown;
	c->reserved[c->n_reserved++] = *ip;
	return 0;
}

static int read_reserved(const json_t *item, const struct ip_net *net, struct network_config *c,
			 struct err *err)
{
	json_t *all, *value;
	const char *name;
	int r = json_get_object(item, "AuxiliaryAddresses", &all, err);

	if (r == 0 && json_object_size(all) + c->n_reserved > NETWORK_RESERVED_MAX)
		return err_set(err, -EINVAL, "more than %u auxiliary addresses",
			       NETWORK_RESERVED_MAX);
	json_object_foreach (all, name, value) {
		struct ip ip = { 0 };

		if (r == 0)
			r = get_ip(all, name, &ip, err);
		if (r == 0 && !ip_net_has(net, &ip))
			r = err_set(err, -EINVAL, "auxiliary address %s is not in the subnet",
				    name);
		if (r == 0 && add_reserved(c, &ip) < 0)
			r = err_nomem(err);
	}
	return r;
}

/* Reads one item of IPAM.Config.  Its gateway is the first address unless it names another. */
static int read_subnet(const json_t *item, struct network_config *c, struct err *err)
{
	struct subnet s = { 0 };
	struct ip gateway = { 0 };
	int family, r = get_net(item, "Subnet", &s.net, err);

	if (r == 0)
		r = get_net(item, "IPRange", &s.range, err);
	if (r == 0)
		r = get_ip(item, "Gateway", &gateway, err);
	if (r < 0)
		return r;
	if (ip_is_none(&s.net.ip))
		return ip_is_none(&s.range.ip) && ip_is_none(&gateway)
			       ? 0
			       : err_set(err, -EINVAL,
					 "a range or a gateway needs its subnet: say it too");
	family = family_of(&s.net.ip);
	if (!ip_is_none(&c->subnets[family].net.ip))
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support more than one subnet of a family in a "
			       "network");
	if (!ip_is_none(&gateway))
		s.gateway = gateway;
	else
		(void)ip_add(&s.net.ip, 1, &s.gateway);
	c->subnets[family] = s;
	return read_reserved(item, &s.net, c, err);
}

static int read_ipam_driver(const json_t *ipam, struct err *err)
{
	const char *driver;
	json_t *options;
	int r = json_get_str(ipam, "Driver", &driver, err);

	if (r == 0)
		r = json_get_object(ipam, "Options", &options, err);
	if (r < 0)
		return r;
	if (driver && *driver && !streq(driver, "default"))
		return err_set(err, -EOPNOTSUPP, "moat does not support the IPAM driver \"%s\"",
			       driver);
	if (json_object_size(options) > 0)
		return err_set(err, -EOPNOTSUPP, "moat does not support IPAM options");
	return 0;
}

static int read_ipam(const json_t *body, struct network_config *c, struct err *err)
{
	json_t *ipam, *list = NULL, *item;
	size_t i;
	int r = json_get_object(body, "IPAM", &ipam, err);

	if (r == 0)
		r = read_ipam_driver(ipam, err);
	if (r == 0)
		r = json_get_array(ipam, "Config", &list, err);
	json_array_foreach (list, i, item) {
		if (r == 0 && !json_is_object(item))
			r = err_set(err, -EBADMSG, "IPAM.Config must be an array of objects");
		if (r == 0)
			r = read_subnet(item, c, err);
	}
	if (r < 0)
		return r;
	c->ipam = list ? json_incref(list) : json_array();
	/* A subnet of IPv6 is meant to be used. */
	c->ipv6 = c->ipv6 || !ip_is_none(&c->subnets[FAMILY_6].net.ip);
	return c->ipam ? 0 : err_nomem(err);
}

static int read_flags(const json_t *body, struct network_config *c, struct err *err)
{
	static const char *const refused[] = { "Ingress", "ConfigOnly" };
	bool ipv4 = true;
	int r = json_get_bool(body, "Internal", &c->internal, err);

	if (r == 0)
		r = json_get_bool(body, "Attachable", &c->attachable, err);
	if (r == 0)
		r = json_get_bool(body, "EnableIPv6", &c->ipv6, err);
	if (r == 0)
		r = json_get_bool(body, "EnableIPv4", &ipv4, err);
	if (r == 0 && !ipv4)
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support networks without IPv4 (EnableIPv4)");
	for (size_t i = 0; i < ARRAY_SIZE(refused) && r == 0; i++) {
		bool on = false;

		r = json_get_bool(body, refused[i], &on, err);
		if (r == 0 && on)
			r = err_set(err, -EOPNOTSUPP,
				    "moat does not support networks of swarms (%s)", refused[i]);
	}
	return r;
}

static int read_driver(const json_t *body, struct err *err)
{
	const char *driver, *scope = NULL;
	int r = json_get_str(body, "Driver", &driver, err);

	if (r == 0)
		r = json_get_str(body, "Scope", &scope, err);
	if (r < 0)
		return r;
	if (driver && *driver && !streq(driver, "bridge"))
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support the network driver \"%s\": bridge is the one "
			       "that there is",
			       driver);
	return scope && *scope && !streq(scope, "local")
		       ? err_set(err, -EOPNOTSUPP, "moat does not support the scope \"%s\"", scope)
		       : 0;
}

/* Reads an object of texts, such as labels and options. */
static int read_texts(const json_t *body, const char *key, json_t **ret, struct err *err)
{
	json_t *given, *value;
	const char *name;
	int r = json_get_object(body, key, &given, err);

	json_object_foreach (given, name, value) {
		if (r == 0 && !json_is_string(value))
			r = err_set(err, -EBADMSG, "%s: \"%s\" must be a string", key, name);
	}
	if (r < 0)
		return r;
	*ret = given ? json_incref(given) : json_object();
	return *ret ? 0 : err_nomem(err);
}

static int read_picked(const json_t *body, struct network_config *c, struct err *err)
{
	json_t *ours;
	int r = json_get_object(body, "Moat", &ours, err);

	if (r == 0)
		r = json_get_bool(ours, "Picked4", &c->picked[FAMILY_4], err);
	return r == 0 ? json_get_bool(ours, "Picked6", &c->picked[FAMILY_6], err) : r;
}

int network_config_read(const json_t *body, struct network_config *ret, char ***ret_warnings,
			struct err *err)
{
	cleanup(network_config_reset) struct network_config c = { 0 };
	int r = read_driver(body, err);

	if (r == 0)
		r = read_flags(body, &c, err);
	if (r == 0)
		r = read_texts(body, "Labels", &c.labels, err);
	if (r == 0)
		r = read_texts(body, "Options", &c.options, err);
	if (r == 0)
		r = read_ipam(body, &c, err);
	if (r == 0)
		r = network_options_read(c.options, &c, ret_warnings, err);
	if (r == 0)
		r = read_picked(body, &c, err);
	if (r < 0)
		return r;
	*ret = take_struct(c);
	return 0;
}

int network_config_fill(struct network_config *c, const struct ip_user *users, size_t n_users,
			uint64_t seed, struct err *err)
{
	static const uint8_t families[FAMILIES] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < FAMILIES; i++) {
		bool has = !ip_is_none(&c->subnets[i].net.ip);
		int r = 0;

		if (has && !c->picked[i])
			r = ipam_check_subnet(&c->subnets[i], users, n_users, err);
		else if (i == FAMILY_4 || c->ipv6)
			r = ipam_pick_subnet(families[i], users, n_users, seed, &c->subnets[i],
					     err);
		if (r < 0)
			return r;
		c->picked[i] = !ip_is_none(&c->subnets[i].net.ip) && (!has || c->picked[i]);
	}
	return 0;
}

/* Makes one item of IPAM.Config as docker shows it; @asked has what was asked for beside the
 * subnet. */
static json_t *write_subnet(const struct subnet *s, const json_t *asked)
{
	char net[IP_TEXT_MAX], gateway[IP_TEXT_MAX], range[IP_TEXT_MAX];
	json_t *reserved = json_object_get(asked, "AuxiliaryAddresses");

	ip_net_format(&s->net, net);
	ip_format(&s->gateway, gateway);
	ip_net_format(&s->range, range);
	return JSON_OBJECT(member_text("Subnet", net),
			   member_optional("IPRange", *range ? json_string(range) : NULL),
			   member_text("Gateway", gateway),
			   member_optional("AuxiliaryAddresses", json_object_size(reserved) > 0
									 ? json_incref(reserved)
									 : NULL));
}

/* What the request that made the network said of a subnet; NULL. */
static const json_t *find_asked(const struct network_config *c, const struct subnet *s)
{
	const json_t *item;
	size_t i;

	json_array_foreach (c->ipam, i, item) {
		const char *text = json_string_value(json_object_get(item, "Subnet"));
		struct ip_net net;

		if (text && ip_net_parse(text, &net) == 0 && ip_equal(&net.ip, &s->net.ip))
			return item;
	}
	return NULL;
}

static json_t *write_subnets(const struct network_config *c)
{
	cleanup_json json_t *list = json_array();

	for (size_t i = 0; i < FAMILIES; i++) {
		const struct subnet *s = &c->subnets[i];

		if (!ip_is_none(&s->net.ip) &&
		    json_array_append_new(list, write_subnet(s, find_asked(c, s))) < 0)
			return NULL;
	}
	return take_ptr(list);
}

json_t *network_config_ipam(const struct network_config *c)
{
	return JSON_OBJECT(member_text("Driver", "default"), member_json("Options", json_object()),
			   member_json("Config", write_subnets(c)));
}

char *network_config_write(const struct network_config *c)
{
	cleanup_json json_t *obj = JSON_OBJECT(
		member_bool("Internal", c->internal), member_bool("Attachable", c->attachable),
		member_bool("EnableIPv6", c->ipv6), member_json("IPAM", network_config_ipam(c)),
		member_ref("Options", c->options), member_ref("Labels", c->labels),
		member_json("Moat", JSON_OBJECT(member_bool("Picked4", c->picked[FAMILY_4]),
						member_bool("Picked6", c->picked[FAMILY_6]))));

	return obj ? json_write(obj) : NULL;
}

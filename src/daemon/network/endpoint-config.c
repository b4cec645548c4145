/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/endpoint-config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/json-object.h"
#include "base/str.h"
#include "oci/network-check.h"

#define OPTION_SYSCTLS	 "com.docker.network.endpoint.sysctls"
#define OPTION_INTERFACE "com.docker.network.endpoint.ifname"

void endpoint_config_reset(struct endpoint_config *c)
{
	strv_free(c->aliases);
	strv_free(c->links);
	strv_free(c->sysctls);
	free(c->interface);
	json_decref(c->driver_opts);
	*c = (struct endpoint_config){ 0 };
}

static int get_ip(const json_t *obj, const char *key, int family, struct ip *ret, struct err *err)
{
	const char *text;
	struct ip ip;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0 || !text || !*text)
		return r;
	if (ip_parse(text, &ip) < 0 || ip.family != family)
		return err_set(err, -EINVAL, "invalid %s \"%s\"", key, text);
	*ret = ip;
	return 0;
}

static int read_addresses(const json_t *obj, struct endpoint_config *c, struct err *err)
{
	json_t *ipam, *local = NULL;
	int r = json_get_object(obj, "IPAMConfig", &ipam, err);

	if (r == 0)
		r = get_ip(ipam, "IPv4Address", AF_INET, &c->ip4, err);
	if (r == 0)
		r = get_ip(ipam, "IPv6Address", AF_INET6, &c->ip6, err);
	if (r == 0)
		r = json_get_array(ipam, "LinkLocalIPs", &local, err);
	if (r == 0 && json_array_size(local) > 0)
		r = err_set(err, -EOPNOTSUPP,
			    "moat does not support link-local addresses of one's own choice "
			    "(LinkLocalIPs)");
	return r;
}

static int read_mac(const json_t *obj, struct endpoint_config *c, struct err *err)
{
	uint8_t mac[6];
	const char *text;
	int r = json_get_str(obj, "MacAddress", &text, err);

	if (r < 0 || !text || !*text)
		return r;
	if (mac_parse(text, mac) < 0)
		return err_set(err, -EINVAL, "invalid MAC address \"%s\"", text);
	mac_format(mac, c->mac);
	return 0;
}

static int read_names(const json_t *obj, const char *key, char ***ret, struct err *err)
{
	int r = json_get_strv(obj, key, ret, err);

	if (r == 0 && strv_len(*ret) > ENDPOINT_NAMES_MAX)
		return err_set(err, -EINVAL, "more than %u of %s", ENDPOINT_NAMES_MAX, key);
	return r;
}

static int check_links(char *const *links, struct err *err)
{
	for (; links && *links; links++) {
		const char *colon = strchr(*links, ':');

		if (!**links || colon == *links || (colon && !colon[1]))
			return err_set(err, -EINVAL, "invalid link \"%s\"; write CONTAINER:ALIAS",
				       *links);
	}
	return 0;
}

static int read_sysctls(const char *text, struct endpoint_config *c, struct err *err)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *one;

	if (!copy)
		return err_nomem(err);
	while ((one = strsep(&rest, ",")))
		if (*one && strv_add(&c->sysctls, one) < 0)
			return err_nomem(err);
	return 0;
}

static int read_interface(const char *name, struct endpoint_config *c, struct err *err)
{
	if (!*name || strlen(name) > OCI_INTERFACE_NAME_MAX)
		return err_set(err, -EINVAL, "invalid name of an interface \"%s\"", name);
	c->interface = strdup(name);
	return c->interface ? 0 : err_nomem(err);
}

/* Can a machine have such an interface?  Its start would find out too late. */
static int check_interface(const struct endpoint_config *c, struct err *err)
{
	struct oci_interface i = { .name = "eth0", .mac = { 2 }, .mtu = OCI_MTU_DEFAULT };
	const struct oci_network n = { &i, 1 };

	if (c->interface)
		snprintf(i.name, sizeof(i.name), "%s", c->interface);
	i.sysctls = c->sysctls;
	return oci_network_check(&n, err);
}

static int read_option(const char *name, const json_t *value, struct endpoint_config *c,
		       struct err *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return err_set(err, -EBADMSG, "DriverOpts: \"%s\" must be a string", name);
	if (streq(name, OPTION_SYSCTLS))
		return read_sysctls(text, c, err);
	if (streq(name, OPTION_INTERFACE))
		return read_interface(text, c, err);
	return err_set(err, -EOPNOTSUPP, "moat does not support the option %s of endpoints", name);
}

static int read_options(const json_t *obj, struct endpoint_config *c, struct err *err)
{
	json_t *opts, *value;
	const char *name;
	int r = json_get_object(obj, "DriverOpts", &opts, err);

	json_object_foreach (opts, name, value) {
		if (r == 0)
			r = read_option(name, value, c, err);
	}
	if (r == 0 && json_object_size(opts) > 0)
		c->driver_opts = json_incref(opts);
	return r;
}

int endpoint_config_read(const json_t *obj, struct endpoint_config *ret, struct err *err)
{
	cleanup(endpoint_config_reset) struct endpoint_config c = { 0 };
	int r = read_addresses(obj, &c, err);

	if (r == 0)
		r = read_mac(obj, &c, err);
	if (r == 0)
		r = read_names(obj, "Aliases", &c.aliases, err);
	if (r == 0)
		r = read_names(obj, "Links", &c.links, err);
	if (r == 0)
		r = check_links(c.links, err);
	if (r == 0)
		r = json_get_i64(obj, "GwPriority", &c.gateway_priority, err);
	if (r == 0)
		r = read_options(obj, &c, err);
	if (r == 0)
		r = check_interface(&c, err);
	if (r < 0)
		return r;
	*ret = take_struct(c);
	return 0;
}

/* Null where no address was asked for, as docker has it. */
static json_t *ipam_json(const struct endpoint_config *c)
{
	char ip4[IP_TEXT_MAX], ip6[IP_TEXT_MAX];

	ip_format(&c->ip4, ip4);
	ip_format(&c->ip6, ip6);
	if (!*ip4 && !*ip6)
		return json_null();
	return JSON_OBJECT(member_optional("IPv4Address", *ip4 ? json_string(ip4) : NULL),
			   member_optional("IPv6Address", *ip6 ? json_string(ip6) : NULL));
}

static json_t *names_json(char *const *names)
{
	return names ? json_from_strv(names) : json_null();
}

json_t *endpoint_config_json(const struct endpoint_config *c)
{
	return JSON_OBJECT(
		member_json("IPAMConfig", ipam_json(c)), member_json("Links", names_json(c->links)),
		member_json("Aliases", names_json(c->aliases)), member_text("MacAddress", c->mac),
		member_ref("DriverOpts", c->driver_opts),
		member_int("GwPriority", c->gateway_priority));
}

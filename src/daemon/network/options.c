/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The table has the options of docker's driver bridge that people write.
 * Those that only say how docker does it on the host have no effect, and a warning says so; those
 * that would make another network of it are refused, unless their value is what moat does anyway.
 */
#include "daemon/network/options.h"

#include <errno.h>

#include "base/str.h"
#include "net/egress.h"
#include "net/request.h"

#define PREFIX_MAX 12u /* of an interface's name, which is the prefix and a number */

#define BRIDGE "com.docker.network.bridge."

static int read_mtu(const char *value, struct network_config *ret, struct err *err)
{
	uint32_t mtu;

	if (str_to_u32(value, &mtu) < 0 || mtu < NETWORK_MTU_MIN || mtu > NETWORK_MTU_MAX)
		return err_set(err, -EINVAL, "invalid MTU \"%s\"; it is %u to %u", value,
			       NETWORK_MTU_MIN, NETWORK_MTU_MAX);
	ret->mtu = mtu;
	return 0;
}

static int read_prefix(const char *value, struct network_config *ret, struct err *err)
{
	size_t len = strlen(value);

	if (len == 0 || len > PREFIX_MAX ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
		    len ||
	    streq(value, "lo"))
		return err_set(err, -EINVAL, "invalid prefix of interfaces \"%s\"", value);
	ret->interface_prefix = strdup(value);
	return ret->interface_prefix ? 0 : err_nomem(err);
}

static int read_binding(const char *value, struct network_config *ret, struct err *err)
{
	return ip_parse(value, &ret->host_binding) < 0
		       ? err_set(err, -EINVAL, "invalid address \"%s\" to publish ports on", value)
		       : 0;
}

static int read_rule(const char *rule, struct network_config *ret, struct err *err)
{
	const char *what = str_starts(rule, "allow=");
	struct egress_rule parsed;
	int r;

	/* An option that allows something denies everything else. */
	ret->limited = true;
	if (streq(rule, "deny"))
		return 0;
	if (!what)
		return err_set(err, -EINVAL,
			       "invalid egress rule \"%s\"; write allow=NAME, "
			       "allow=ADDRESS/BITS:PORT or deny",
			       rule);
	r = egress_parse(what, &parsed, err);
	if (r < 0)
		return r;
	if (strv_len(ret->allow) >= NET_ALLOW_MAX)
		return err_set(err, -EINVAL, "more than %d egress rules", NET_ALLOW_MAX);
	return strv_add(&ret->allow, what) < 0 ? err_nomem(err) : 0;
}

static int read_egress(const char *value, struct network_config *ret, struct err *err)
{
	cleanup_free char *copy = strdup(value);
	char *rest = copy, *rule;
	int r = copy ? 0 : err_nomem(err);

	while (r == 0 && (rule = strsep(&rest, ",")))
		r = read_rule(rule, ret, err);
	return r;
}

static const struct option {
	const char *name;
	int (*read)(const char *value, struct network_config *ret, struct err *err);
	const char *fine; /* the one value that is accepted; NULL: any, without effect */
} known[] = {
	{ "com.docker.network.driver.mtu", read_mtu, NULL },
	{ "com.docker.network.container_iface_prefix", read_prefix, NULL },
	{ OPTION_EGRESS, read_egress, NULL },
	{ BRIDGE "host_binding_ipv4", read_binding, NULL },
	{ BRIDGE "default_bridge", NULL, "false" },
	{ BRIDGE "enable_icc", NULL, "true" },
	{ BRIDGE "enable_ip_masquerade", NULL, "true" },
	{ BRIDGE "gateway_mode_ipv4", NULL, "nat" },
	{ BRIDGE "gateway_mode_ipv6", NULL, "nat" },
	{ BRIDGE "inhibit_ipv4", NULL, "false" },
	{ BRIDGE "trusted_host_interfaces", NULL, "" },
};

static int read_option(const char *name, const char *value, struct network_config *ret,
		       char ***ret_warnings, struct err *err)
{
	const struct option *o = STR_FIND(known, name);

	if (o && o->read)
		return o->read(value, ret, err);
	if (o && !streq(value, o->fine))
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support the option %s=%s of networks", name, value);
	if (o || !ret_warnings)
		return 0;
	return strv_addf(ret_warnings, "%s has no effect", name) < 0 ? err_nomem(err) : 0;
}

int network_options_read(const json_t *options, struct network_config *ret, char ***ret_warnings,
			 struct err *err)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach ((json_t *)(size_t)options, name, value) {
		if (r == 0)
			r = read_option(name, json_string_value(value), ret, ret_warnings, err);
	}
	return r;
}

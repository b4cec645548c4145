/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Names and texts end as arguments of the guest's kernel and as parts of
 * paths below /proc/sys there, so each is looked at before it is sent, while somebody can still be
 * told what is wrong.
 *
 * Networks come from moatd, and in the end from a user.
 */
#include "oci/network-check.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ip.h"
#include "base/macro.h"
#include "base/str.h"

#define SYSCTL_NAME_MAX	 64u
#define SYSCTL_VALUE_MAX 64u

static bool is_name(const char *name)
{
	static const char *const taken[] = { "lo", "all", "default", ".", ".." };

	if (!*name || STR_FIND(taken, name))
		return false;
	for (const char *p = name; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '/' || *p == ':' || *p == '%')
			return false;
	return true;
}

static bool is_device_mac(const uint8_t *mac)
{
	static const uint8_t none[MAC_BYTES];

	return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

static int check_link(const struct oci_interface *i, struct err *err)
{
	if (i->slot >= OCI_INTERFACES_MAX)
		return err_set(err, -EINVAL, "slot %u: there are 0 to %u", i->slot,
			       OCI_INTERFACES_MAX - 1);
	if (!is_name(i->name))
		return err_set(err, -EINVAL, "an interface cannot have the name \"%s\"", i->name);
	if (!is_device_mac(i->mac))
		return err_set(err, -EINVAL, "%s: no MAC address of a device", i->name);
	if (i->mtu < OCI_MTU_MIN || i->mtu > OCI_MTU_MAX)
		return err_set(err, -EINVAL, "%s: an MTU of %u: it must be %u to %u", i->name,
			       i->mtu, OCI_MTU_MIN, OCI_MTU_MAX);
	return 0;
}

static int check_addresses(const struct oci_interface *i, struct err *err)
{
	bool has_six = false;

	if (strv_len(i->addresses) > OCI_ADDRESSES_MAX)
		return err_set(err, -EINVAL, "%s: more than %u addresses", i->name,
			       OCI_ADDRESSES_MAX);
	for (char **text = i->addresses; text && *text; text++) {
		struct ip_net a;

		if (ip_net_parse(*text, &a) < 0)
			return err_set(err, -EINVAL, "%s: \"%s\" is no address with a prefix",
				       i->name, *text);
		has_six = has_six || a.ip.family == AF_INET6;
	}
	if (has_six && i->mtu < OCI_MTU_MIN_6)
		return err_set(err, -EINVAL, "%s: an MTU of %u: with IPv6 it must be %u at least",
			       i->name, i->mtu, OCI_MTU_MIN_6);
	return 0;
}

static int check_gateway(const struct oci_interface *i, const char *text, int family,
			 struct err *err)
{
	struct ip a;

	if (!text || !*text)
		return 0;
	if (ip_parse(text, &a) < 0 || a.family != family)
		return err_set(err, -EINVAL, "%s: \"%s\" is no address of a gateway for IPv%d",
			       i->name, text, family == AF_INET ? 4 : 6);
	return 0;
}

static int check_routes(const struct oci_interface *i, struct err *err)
{
	if (strv_len(i->routes) > OCI_ROUTES_MAX)
		return err_set(err, -EINVAL, "%s: more than %u routes", i->name, OCI_ROUTES_MAX);
	for (char **text = i->routes; text && *text; text++) {
		struct oci_route route;

		if (oci_route_parse(*text, &route) < 0)
			return err_set(err, -EINVAL, "%s: \"%s\" is no route (NETWORK via ADDRESS)",
				       i->name, *text);
	}
	return 0;
}

static bool is_sysctl(const char *text)
{
	static const char *const folders[] = { "net.ipv4.conf.IFNAME.", "net.ipv4.neigh.IFNAME.",
					       "net.ipv6.conf.IFNAME.", "net.ipv6.neigh.IFNAME." };
	const char *name = NULL;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !name; i++)
		name = str_starts(text, folders[i]);
	if (!name)
		return false;
	len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (len == 0 || len > SYSCTL_NAME_MAX || name[len] != '=' ||
	    strlen(name + len + 1) > SYSCTL_VALUE_MAX)
		return false;
	for (const char *p = name + len + 1; *p; p++)
		if (!isprint((unsigned char)*p))
			return false;
	return true;
}

static int check_sysctls(const struct oci_interface *i, struct err *err)
{
	if (strv_len(i->sysctls) > OCI_INTERFACE_SYSCTLS_MAX)
		return err_set(err, -EINVAL, "%s: more than %u sysctls", i->name,
			       OCI_INTERFACE_SYSCTLS_MAX);
	for (char **text = i->sysctls; text && *text; text++)
		if (!is_sysctl(*text))
			return err_set(err, -EINVAL,
				       "%s: \"%s\" is no sysctl of an interface, as "
				       "net.ipv4.conf.IFNAME.forwarding=1 is, with the word IFNAME",
				       i->name, *text);
	return 0;
}

static int check_interface(const struct oci_interface *i, struct err *err)
{
	int r = check_link(i, err);

	if (r == 0)
		r = check_addresses(i, err);
	if (r == 0)
		r = check_gateway(i, i->gateway4, AF_INET, err);
	if (r == 0)
		r = check_gateway(i, i->gateway6, AF_INET6, err);
	if (r == 0)
		r = check_routes(i, err);
	return r == 0 ? check_sysctls(i, err) : r;
}

static int check_differ(const struct oci_interface *a, const struct oci_interface *b,
			struct err *err)
{
	if (a->slot == b->slot)
		return err_set(err, -EINVAL, "%s and %s: both in slot %u", a->name, b->name,
			       a->slot);
	if (streq(a->name, b->name))
		return err_set(err, -EINVAL, "two interfaces are named %s", a->name);
	if (memcmp(a->mac, b->mac, sizeof(a->mac)) == 0)
		return err_set(err, -EINVAL, "%s and %s: the same MAC address", a->name, b->name);
	return 0;
}

/* Interfaces on the NIC cannot send longer packets than the NIC itself. */
static int check_shared_nic(const struct oci_network *n, struct err *err)
{
	const struct oci_interface *nic = oci_network_find(n, 0);

	for (size_t i = 0; nic && i < n->n; i++)
		if (n->interfaces[i].mtu > nic->mtu)
			return err_set(
				err, -EINVAL, "%s: an MTU of %u: %s, whose NIC it shares, has %u",
				n->interfaces[i].name, n->interfaces[i].mtu, nic->name, nic->mtu);
	return 0;
}

int oci_network_check(const struct oci_network *n, struct err *err)
{
	int r = 0;

	if (n->n > OCI_INTERFACES_MAX)
		return err_set(err, -EINVAL, "%zu interfaces: a machine has %u at most", n->n,
			       OCI_INTERFACES_MAX);
	for (size_t i = 0; r == 0 && i < n->n; i++) {
		r = check_interface(&n->interfaces[i], err);
		for (size_t k = 0; r == 0 && k < i; k++)
			r = check_differ(&n->interfaces[k], &n->interfaces[i], err);
	}
	return r == 0 ? check_shared_nic(n, err) : r;
}

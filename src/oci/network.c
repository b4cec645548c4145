/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of a machine as it travels over the guest link.  Sent by the host, so the guest may
 * trust it; bounds are checked all the same, as its readers have room for no more.
 */
#include "oci/network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define VIA " via "

int oci_route_parse(const char *text, struct oci_route *ret)
{
	const char *via = strstr(text, VIA);
	char to[IP_TEXT_MAX];
	struct oci_route r;
	struct ip first;

	if (!via || (size_t)(via - text) >= sizeof(to))
		return -EINVAL;
	memcpy(to, text, (size_t)(via - text));
	to[via - text] = '\0';
	if (ip_net_parse(to, &r.to) < 0 || ip_parse(via + strlen(VIA), &r.via) < 0 ||
	    r.to.ip.family != r.via.family)
		return -EINVAL;
	first = ip_net_first(&r.to);
	if (!ip_equal(&first, &r.to.ip))
		return -EINVAL;
	*ret = r;
	return 0;
}

void oci_interface_reset(struct oci_interface *i)
{
	strv_free(i->addresses);
	free(i->gateway4);
	free(i->gateway6);
	strv_free(i->routes);
	strv_free(i->sysctls);
	*i = (struct oci_interface){ 0 };
}

void oci_network_reset(struct oci_network *n)
{
	for (size_t i = 0; i < n->n; i++)
		oci_interface_reset(&n->interfaces[i]);
	free(n->interfaces);
	*n = (struct oci_network){ 0 };
}

static int copy_text(const char *text, char **ret)
{
	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

int oci_interface_copy(const struct oci_interface *i, struct oci_interface *ret)
{
	cleanup(oci_interface_reset) struct oci_interface copy = { .slot = i->slot, .mtu = i->mtu };
	int r = strv_copy(i->addresses, &copy.addresses);

	memcpy(copy.name, i->name, sizeof(copy.name));
	memcpy(copy.mac, i->mac, sizeof(copy.mac));
	if (r == 0)
		r = copy_text(i->gateway4, &copy.gateway4);
	if (r == 0)
		r = copy_text(i->gateway6, &copy.gateway6);
	if (r == 0)
		r = strv_copy(i->routes, &copy.routes);
	if (r == 0)
		r = strv_copy(i->sysctls, &copy.sysctls);
	if (r < 0)
		return r;
	*ret = take_struct(copy);
	return 0;
}

static int make_room(struct oci_network *n, size_t interfaces)
{
	if (interfaces == 0)
		return 0;
	n->interfaces = calloc(interfaces, sizeof(*n->interfaces));
	return n->interfaces ? 0 : -ENOMEM;
}

int oci_network_copy(const struct oci_network *n, struct oci_network *ret)
{
	cleanup(oci_network_reset) struct oci_network copy = { 0 };
	int r = make_room(&copy, n->n);

	while (r == 0 && copy.n < n->n) {
		r = oci_interface_copy(&n->interfaces[copy.n], &copy.interfaces[copy.n]);
		copy.n++;
	}
	if (r < 0)
		return r;
	*ret = take_struct(copy);
	return 0;
}

const struct oci_interface *oci_network_find(const struct oci_network *n, unsigned slot)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->interfaces[i].slot == slot)
			return &n->interfaces[i];
	return NULL;
}

static bool is_same_text(const char *a, const char *b)
{
	return streq(a ? a : "", b ? b : "");
}

static bool are_same_texts(char *const *a, char *const *b)
{
	size_t n = strv_len(a);

	if (strv_len(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!streq(a[i], b[i]))
			return false;
	return true;
}

bool oci_interface_is_equal(const struct oci_interface *a, const struct oci_interface *b)
{
	return a->slot == b->slot && streq(a->name, b->name) && a->mtu == b->mtu &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       is_same_text(a->gateway4, b->gateway4) && is_same_text(a->gateway6, b->gateway6) &&
	       are_same_texts(a->addresses, b->addresses) && are_same_texts(a->routes, b->routes) &&
	       are_same_texts(a->sysctls, b->sysctls);
}

static int put_interface(struct buf *b, const struct oci_interface *i)
{
	if (wire_put_u8(b, i->slot) < 0 || wire_put_str(b, i->name) < 0 ||
	    buf_add(b, i->mac, sizeof(i->mac)) < 0 || wire_put_u32(b, i->mtu) < 0 ||
	    wire_put_strv(b, i->addresses) < 0 || wire_put_str(b, i->gateway4) < 0 ||
	    wire_put_str(b, i->gateway6) < 0 || wire_put_strv(b, i->routes) < 0)
		return -ENOMEM;
	return wire_put_strv(b, i->sysctls);
}

int oci_network_put(struct buf *b, const struct oci_network *n)
{
	int r = wire_put_u8(b, (uint8_t)n->n);

	for (size_t i = 0; r == 0 && i < n->n; i++)
		r = put_interface(b, &n->interfaces[i]);
	return r;
}

static int get_name(struct wire_view *v, struct oci_interface *i)
{
	struct wire_view name;

	if (wire_get_bytes(v, &name) < 0 || name.len == 0 || name.len > OCI_INTERFACE_NAME_MAX ||
	    memchr(name.data, 0, name.len))
		return -EBADMSG;
	memcpy(i->name, name.data, name.len);
	i->name[name.len] = '\0';
	return 0;
}

static int get_link(struct wire_view *v, struct oci_interface *i)
{
	int r;

	wire_get_u8(v, &i->slot);
	r = get_name(v, i);
	if (r < 0)
		return r;
	for (size_t n = 0; n < sizeof(i->mac); n++)
		wire_get_u8(v, &i->mac[n]);
	r = wire_get_u32(v, &i->mtu);
	if (r < 0)
		return r;
	return i->slot < OCI_INTERFACES_MAX && i->mtu <= OCI_MTU_MAX ? 0 : -EBADMSG;
}

static int get_texts(struct wire_view *v, size_t max, char ***ret)
{
	int r = wire_get_strv(v, ret);

	if (r < 0)
		return r;
	return strv_len(*ret) <= max ? 0 : -EBADMSG;
}

static int get_interface(struct wire_view *v, struct oci_interface *i)
{
	int r = get_link(v, i);

	if (r == 0)
		r = get_texts(v, OCI_ADDRESSES_MAX, &i->addresses);
	if (r < 0)
		return r;
	wire_get_str(v, &i->gateway4);
	wire_get_str(v, &i->gateway6);
	r = get_texts(v, OCI_ROUTES_MAX, &i->routes);
	return r == 0 ? get_texts(v, OCI_INTERFACE_SYSCTLS_MAX, &i->sysctls) : r;
}

int oci_network_get(struct wire_view *v, struct oci_network *ret)
{
	cleanup(oci_network_reset) struct oci_network n = { 0 };
	uint8_t count;
	int r = wire_get_u8(v, &count);

	if (r == 0 && count > OCI_INTERFACES_MAX)
		r = -EBADMSG;
	if (r == 0)
		r = make_room(&n, count);
	while (r == 0 && n.n < count) {
		struct oci_interface *i = &n.interfaces[n.n];

		r = get_interface(v, i);
		if (r == 0 && oci_network_find(&n, i->slot))
			r = -EBADMSG;
		n.n++;
	}
	if (r < 0)
		return r;
	*ret = take_struct(n);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/network/wiring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "oci/network-check.h"

void wiring_reset(struct wiring *w)
{
	oci_network_reset(&w->network);
	strv_free(w->hosts);
	strv_free(w->servers);
	*w = (struct wiring){ 0 };
}

int wiring_default(const struct wire *wires, size_t n, bool v6)
{
	int best = -1;

	for (size_t i = 0; i < n; i++) {
		const struct ip_net *address = v6 ? &wires[i].address6 : &wires[i].address4;

		if (wires[i].internal || ip_is_none(&address->ip))
			continue;
		if (best < 0 || wires[i].priority > wires[best].priority)
			best = (int)i;
	}
	return best;
}

static int add_address(struct oci_interface *i, const struct ip_net *address)
{
	char text[IP_TEXT_MAX];

	ip_net_format(address, text);
	return *text ? strv_add(&i->addresses, text) : 0;
}

static int set_gateway(char **at, const struct ip *gateway)
{
	char text[IP_TEXT_MAX];

	ip_format(gateway, text);
	*at = strdup(text);
	return *at ? 0 : -ENOMEM;
}

static int fill_interface(const struct wire *w, struct oci_interface *i)
{
	i->slot = (uint8_t)w->slot;
	if (w->interface)
		snprintf(i->name, sizeof(i->name), "%s", w->interface);
	else
		snprintf(i->name, sizeof(i->name), "%s%u", w->prefix, w->slot);
	i->mtu = w->mtu ? w->mtu : OCI_MTU_DEFAULT;
	if (mac_parse(w->mac, i->mac) < 0)
		return -EINVAL;
	if (add_address(i, &w->address4) < 0 || add_address(i, &w->address6) < 0 ||
	    strv_copy(w->sysctls, &i->sysctls) < 0)
		return -ENOMEM;
	return 0;
}

static int add_server(struct wiring *w, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	return *text && strv_len(w->servers) < WIRING_SERVERS_MAX ? strv_add(&w->servers, text) : 0;
}

/* Each server knows the names of all networks.  There are several for when a network is left while
 * the container runs. */
static int add_servers(const struct wire *wires, size_t n, struct wiring *w)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = add_server(w, &wires[i].gateway4);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_server(w, &wires[i].gateway6);
	return r;
}

/* All interfaces share the NIC, which is slot 0's, so no frame may be longer than that takes. */
static void cap_mtus(struct oci_network *n)
{
	const struct oci_interface *nic = oci_network_find(n, 0);

	for (size_t i = 0; nic && i < n->n; i++)
		if (n->interfaces[i].mtu > nic->mtu)
			n->interfaces[i].mtu = nic->mtu;
}

static int add_interfaces(const struct wire *wires, size_t n, struct wiring *w)
{
	int route4 = wiring_default(wires, n, false), route6 = wiring_default(wires, n, true);
	int r = 0;

	w->network.interfaces = n > 0 ? calloc(n, sizeof(*w->network.interfaces)) : NULL;
	if (n > 0 && !w->network.interfaces)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct oci_interface *to = &w->network.interfaces[w->network.n++];

		r = fill_interface(&wires[i], to);
		if (r == 0 && (int)i == route4)
			r = set_gateway(&to->gateway4, &wires[i].gateway4);
		if (r == 0 && (int)i == route6)
			r = set_gateway(&to->gateway6, &wires[i].gateway6);
	}
	return r;
}

int wiring_make(const struct wire *wires, size_t n, struct wiring *ret, struct err *err)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	int r = add_interfaces(wires, n, &w);

	cap_mtus(&w.network);
	if (r == 0)
		r = add_servers(wires, n, &w);
	if (r == -ENOMEM)
		return err_nomem(err);
	if (r < 0)
		return err_set(err, r, "a MAC address that is none");
	r = oci_network_check(&w.network, err);
	if (r < 0)
		return r;
	*ret = take_struct(w);
	return 0;
}

int wiring_add_name(struct wiring *w, const struct ip *ip, const char *names)
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	return *text ? strv_addf(&w->hosts, "%s\t%s", text, names) : 0;
}

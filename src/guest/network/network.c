/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-init keeps a socket of rtnetlink(7) in each namespace.  Slot 0 is the
 * NIC's own interface.  Moving it between namespaces and bringing it up takes the kernel long.  So
 * there are two namespaces from the start: one has this interface, up and without an address, for
 * containers that want it.  The interfaces of other slots are on it (macvlan), and can be made in
 * another namespace than the NIC's: where slot 0 is not used, or goes and others stay, it is moved
 * to where no container is, and carries them from there.
 *
 * System calls are dear under emulation, so requests are gathered; a machine with one interface
 * takes two calls.
 *
 * Containers may have the right to change all of this, and may use it: only their own network
 * suffers.  What they leave behind goes with the namespace, and a NIC that was taken from its
 * driver and given back has nothing of it either.
 */
#include "guest/network/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "guest/network/requests.h"

#define IPV6_DIR "/proc/sys/net/ipv6/conf"

static int send_and_reset(int fd, struct netlink_batch *b, struct err *err)
{
	int r = netlink_send(fd, b, err);

	netlink_batch_reset(b);
	return r;
}

/* Moves the NIC's interface, which appears in the first namespace, into ours. */
static int place_nic(struct network *n, struct err *err)
{
	static const struct oci_interface blank = { .name = NIC_NAME, .mtu = OCI_MTU_DEFAULT };
	struct netlink_batch b = { 0 };
	int nic = nic_index(n->first.fd, NIC_NAME), r;

	if (nic < 0)
		return err_errno(err, nic, "find the NIC");
	request_move(&b, nic, n->own.ns_fd, NIC_NAME, false);
	r = send_and_reset(n->first.fd, &b, err);
	if (r < 0)
		return r;
	nic = nic_index(n->own.fd, NIC_NAME);
	if (nic < 0)
		return err_errno(err, nic, "find the NIC");
	request_up(&b, nic, &blank, n->has_ipv6);
	n->inside = true;
	r = send_and_reset(n->own.fd, &b, err);
	n->ready = r == 0 ? nic : 0;
	return r;
}

/* Makes both namespaces, and leaves moat-init in the one with the NIC. */
static int make_namespaces(struct network *n, struct err *err)
{
	int r = netns_make(&n->other);

	if (r == 0)
		r = netns_make(&n->own);
	if (r < 0)
		return err_errno(err, r, "make a network namespace");
	n->inside = false;
	n->ready = 0;
	return 0;
}

int network_open(struct network *n, struct err *err)
{
	int r = netns_open(&n->first);

	if (r < 0)
		return err_errno(err, r, "open the first network namespace");
	(void)nic_find(n->device);
	n->has_ipv6 = access(IPV6_DIR, F_OK) == 0;
	/* Keeps sit0 out of our namespace; a kernel without this file has no such interface. */
	file_set_at(AT_FDCWD, "/proc/sys/net/core/fb_tunnels_only_for_init_net", "1");
	/* Keeps the NIC silent while it only passes through. */
	file_set_at(AT_FDCWD, IPV6_DIR "/all/disable_ipv6", "1");
	r = make_namespaces(n, err);
	if (r == 0 && *n->device && place_nic(n, err) < 0) {
		dprintf(STDERR_FILENO, "moat-init: %s\n", err->msg);
		*n->device = '\0';
	}
	return r;
}

static bool is_carrying(const struct network *n)
{
	for (size_t i = 1; i < OCI_INTERFACES_MAX; i++)
		if (n->slots[i].used)
			return true;
	return false;
}

static uint32_t largest_mtu(const struct network *n, uint32_t mtu)
{
	for (size_t i = 1; i < OCI_INTERFACES_MAX; i++)
		if (n->slots[i].used && n->slots[i].is.mtu > mtu)
			mtu = n->slots[i].is.mtu;
	return mtu;
}

/* With the first interface goes its limit of what the others can have. */
static uint32_t wanted_mtu(const struct oci_network *wanted)
{
	uint32_t mtu = 0;

	for (size_t i = 0; i < wanted->n; i++)
		if (wanted->interfaces[i].mtu > mtu)
			mtu = wanted->interfaces[i].mtu;
	return mtu;
}

/* Moves the NIC's interface to the namespace without containers.  @mtu: what it is to carry there
 * at least */
static int put_nic_out(struct network *n, int index, uint32_t mtu, struct err *err)
{
	const bool carries = is_carrying(n);
	struct netlink_batch b = { 0 };
	int r;

	n->ready = 0;
	request_move(&b, index, n->other.ns_fd, NIC_NAME, carries);
	r = send_and_reset(n->own.fd, &b, err);
	if (r < 0 || !carries)
		return r;
	index = nic_index(n->other.fd, NIC_NAME);
	if (index < 0)
		return err_errno(err, index, "find the NIC");
	request_carrier(&b, index, largest_mtu(n, mtu));
	return send_and_reset(n->other.fd, &b, err);
}

/* @mtu: of what stays on the NIC */
static int remove_interface(struct network *n, struct network_slot *slot, uint32_t mtu,
			    struct err *err)
{
	struct netlink_batch b = { 0 };
	int r;

	if (slot->is.slot == 0) {
		r = put_nic_out(n, slot->index, mtu, err);
		n->inside = n->inside && r < 0;
	} else {
		request_delete(&b, slot->index, &slot->is);
		r = send_and_reset(n->own.fd, &b, err);
	}
	if (r < 0)
		return r;
	oci_interface_reset(&slot->is);
	slot->used = false;
	return 0;
}

/* Removes what @now has and @wanted lacks. */
static int drop(struct network *n, int index, const struct oci_interface *now,
		const struct oci_interface *wanted, struct err *err)
{
	struct netlink_batch b = { 0 };
	int r = request_drop(&b, index, now, wanted, err);

	if (r == 0)
		r = netlink_send(n->own.fd, &b, err);
	netlink_batch_reset(&b);
	return r;
}

static bool is_same_device(const struct oci_interface *a, const struct oci_interface *b)
{
	return streq(a->name, b->name) && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

/* Removes interfaces, addresses and routes that are not wanted any more. */
static int shrink(struct network *n, struct network_slot *slot, const struct oci_network *wanted,
		  struct err *err)
{
	const struct oci_interface *i = oci_network_find(wanted, slot->is.slot);

	if (!i || !is_same_device(&slot->is, i))
		return remove_interface(n, slot, wanted_mtu(wanted), err);
	return oci_interface_is_equal(&slot->is, i) ? 0 : drop(n, slot->index, &slot->is, i, err);
}

static int make_macvlan(struct network *n, const struct oci_interface *i, struct err *err)
{
	struct netlink_batch b = { 0 };
	int r = 0, nic;

	if (n->slots[0].used) {
		request_macvlan(&b, n->slots[0].index, -1, i);
		return send_and_reset(n->own.fd, &b, err);
	}
	if (n->inside) /* it is where containers are, and nobody wants to see it */
		r = put_nic_out(n, nic_index(n->own.fd, NIC_NAME), 0, err);
	if (r < 0)
		return r;
	n->inside = false;
	nic = nic_index(n->other.fd, NIC_NAME);
	if (nic < 0)
		return err_errno(err, nic, "find the NIC");
	request_carrier(&b, nic, largest_mtu(n, i->mtu));
	request_macvlan(&b, nic, n->own.ns_fd, i);
	return send_and_reset(n->other.fd, &b, err);
}

/* Moves the NIC's interface to the containers, under this name. */
static int get_nic_in(struct network *n, const char *name, struct err *err)
{
	struct netlink_batch b = { 0 };
	int nic = nic_index(n->other.fd, NIC_NAME), r;

	if (nic < 0)
		return err_errno(err, nic, "find the NIC");
	request_move(&b, nic, n->own.ns_fd, name, is_carrying(n));
	r = send_and_reset(n->other.fd, &b, err);
	n->inside = r == 0;
	return r;
}

/* @slot: counts as used from now on, even if the addresses are not set yet */
static int make_interface(struct network *n, struct network_slot *slot,
			  const struct oci_interface *i, struct err *err)
{
	const char *name = i->slot == 0 && n->inside ? NIC_NAME : i->name;
	int r = 0;

	if (i->slot > 0)
		r = make_macvlan(n, i, err);
	else if (!n->inside)
		r = get_nic_in(n, i->name, err);
	if (r < 0)
		return r;
	slot->index = i->slot == 0 && n->ready ? n->ready : nic_index(n->own.fd, name);
	if (slot->index < 0)
		return err_errno(err, slot->index, "find interface %s", name);
	slot->used = true;
	slot->is.slot = i->slot;
	snprintf(slot->is.name, sizeof(slot->is.name), "%s", name);
	return 0;
}

static int set_sysctl(const char *sysctl, const char *name, struct err *err)
{
	static const char word[] = "IFNAME.";
	const char *at = strstr(sysctl, word);
	size_t len = strcspn(sysctl, "=");
	cleanup_free char *path = NULL;
	int r;

	if (!at || (size_t)(at - sysctl) > len)
		return err_set(err, -EINVAL, "\"%s\" is no sysctl of an interface", sysctl);
	path = str_printf("/proc/sys/%.*s%s/%.*s", (int)(at - sysctl), sysctl, name,
			  (int)(len - (size_t)(at - sysctl) - strlen(word)), at + strlen(word));
	if (!path)
		return err_nomem(err);
	for (char *p = path + strlen("/proc/sys/"); p < path + strlen("/proc/sys/") + (at - sysctl);
	     p++)
		*p = *p == '.' ? '/' : *p;
	r = file_set_at(AT_FDCWD, path, sysctl + len + (sysctl[len] == '='));
	return r < 0 ? err_errno(err, r, "set sysctl %s of %s", sysctl, name) : 0;
}

/* Is the interface up, and all right but for its MAC? */
static bool is_ready(const struct network *n, const struct oci_interface *i)
{
	return i->slot == 0 && n->ready && i->mtu == OCI_MTU_DEFAULT && streq(i->name, NIC_NAME);
}

static int bring_up(struct network *n, const struct network_slot *slot,
		    const struct oci_interface *i, struct err *err)
{
	struct netlink_batch b = { 0 };
	int r;

	if (i->slot == 0)
		request_identity(&b, slot->index, i, !streq(i->name, slot->is.name));
	if (!is_ready(n, i))
		request_up(&b, slot->index, i, n->has_ipv6);
	if (i->slot == 0)
		n->ready = 0;
	r = request_have(&b, slot->index, i, err);
	if (r == 0)
		r = netlink_send(n->own.fd, &b, err);
	netlink_batch_reset(&b);
	for (char **sysctl = i->sysctls; r == 0 && *sysctl; sysctl++)
		r = set_sysctl(*sysctl, i->name, err);
	return r;
}

static int note_interface(struct network_slot *slot, const struct oci_interface *i, struct err *err)
{
	struct oci_interface copy;

	if (oci_interface_copy(i, &copy) < 0)
		return err_nomem(err);
	oci_interface_reset(&slot->is);
	slot->is = copy;
	return 0;
}

/* After a failure on the way to @i, restores the former state, as far as possible. */
static void undo(struct network *n, struct network_slot *slot, const struct oci_interface *i,
		 bool is_new)
{
	if (!slot->used)
		return;
	if (is_new) {
		(void)remove_interface(n, slot, 0, NULL);
		return;
	}
	(void)drop(n, slot->index, i, &slot->is, NULL);
	(void)bring_up(n, slot, &slot->is, NULL);
}

/* Adds interfaces, addresses and routes that are missing. */
static int grow(struct network *n, const struct oci_interface *i, struct err *err)
{
	struct network_slot *slot = &n->slots[i->slot];
	bool is_new = !slot->used;
	int r;

	if (!is_new && oci_interface_is_equal(&slot->is, i))
		return 0;
	r = is_new ? make_interface(n, slot, i, err) : 0;
	if (r == 0)
		r = bring_up(n, slot, i, err);
	if (r == 0)
		r = note_interface(slot, i, err);
	if (r < 0)
		undo(n, slot, i, is_new);
	return r;
}

int network_set(struct network *n, const struct oci_network *wanted, struct err *err)
{
	int r = 0;

	if (wanted->n > 0 && !*n->device)
		return err_set(err, -ENODEV,
			       "the machine has no NIC, or its kernel no driver for one "
			       "(virtio_net)");
	for (size_t i = OCI_INTERFACES_MAX; r == 0 && i-- > 0;)
		if (n->slots[i].used)
			r = shrink(n, &n->slots[i], wanted, err);
	for (unsigned i = 0; r == 0 && i < OCI_INTERFACES_MAX; i++) {
		const struct oci_interface *interface = oci_network_find(wanted, i);

		if (interface)
			r = grow(n, interface, err);
	}
	return r;
}

bool network_is_unset(const struct network *n)
{
	return !n->slots[0].used && !is_carrying(n);
}

int network_hide(struct network *n, struct err *err)
{
	const struct netns without = n->other;
	int r;

	if (!n->inside)
		return 0;
	r = netns_enter(&without);
	if (r < 0)
		return err_errno(err, r, "go into a network namespace");
	n->other = n->own;
	n->own = without;
	n->inside = false;
	n->ready = 0;
	return 0;
}

int network_renew(struct network *n, struct err *err)
{
	int r = *n->device ? nic_reset(n->device) : 0;

	if (r < 0)
		return err_errno(err, r, "give the NIC up");
	for (size_t i = 0; i < OCI_INTERFACES_MAX; i++) {
		oci_interface_reset(&n->slots[i].is);
		n->slots[i].used = false;
	}
	netns_close(&n->own);
	netns_close(&n->other);
	r = make_namespaces(n, err);
	return r == 0 && *n->device ? place_nic(n, err) : r;
}

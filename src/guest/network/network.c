/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-init keeps a socket of rtnetlink(7) in each of two namespaces.  Slot 0
 * is the NIC's own interface: it is moved from the first namespace to the containers', and gets its
 * name, MAC and MTU with the same request.  The others are on it (macvlan), and can be made in
 * another namespace than the NIC's.  Where slot 0 goes and others stay, the NIC's interface is
 * moved back and carries them from there.
 *
 * A call is dear under emulation, so all that can be asked for at once is; a machine with one
 * interface takes five calls.
 *
 * Containers may have the right to change all of this, and may use it: only their own network
 * suffers.  What they leave behind goes with the namespace, and a NIC that was taken from its
 * driver and given back has nothing of it either.
 */
#include "guest/network/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"
#include "guest/network/requests.h"

#define IPV6_DIR "/proc/sys/net/ipv6/conf"

static int open_namespace(int *ret_ns_fd, int *ret_fd)
{
	*ret_ns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return *ret_ns_fd < 0 ? -errno : netlink_open(ret_fd);
}

static int loopback_up(int fd)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	return ioctl(fd, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

/* Makes a namespace for containers, and leaves moat-init in it. */
static int make_namespace(struct network *n)
{
	/* The first as docker sets them in its network namespaces; a kernel without them is no
	 * worse.  No router advertises itself to a container. */
	static const char *const sysctls[][2] = {
		{ "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0" },
		{ "/proc/sys/net/ipv4/ping_group_range", "0 2147483647" },
		{ IPV6_DIR "/default/accept_ra", "0" },
		/* Interfaces on one NIC hear each other's broadcasts: each answers for itself. */
		{ "/proc/sys/net/ipv4/conf/all/arp_ignore", "1" },
		{ "/proc/sys/net/ipv4/conf/all/arp_announce", "2" },
	};
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd_close(&n->own_fd);
	fd_close(&n->own_ns_fd);
	r = open_namespace(&n->own_ns_fd, &n->own_fd);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sysctls); i++)
		file_set_at(AT_FDCWD, sysctls[i][0], sysctls[i][1]);
	return r == 0 ? loopback_up(n->own_fd) : r;
}

int network_open(struct network *n, struct err *err)
{
	int r = open_namespace(&n->first_ns_fd, &n->first_fd);

	if (r < 0)
		return err_errno(err, r, "open the first network namespace");
	(void)nic_find(n->device);
	n->has_ipv6 = access(IPV6_DIR, F_OK) == 0;
	/* Else there would be a sit0 in ours, too; a kernel without it has no such interface. */
	file_set_at(AT_FDCWD, "/proc/sys/net/core/fb_tunnels_only_for_init_net", "1");
	/* A NIC that only carries others says nothing itself. */
	file_set_at(AT_FDCWD, IPV6_DIR "/all/disable_ipv6", "1");
	r = make_namespace(n);
	return r < 0 ? err_errno(err, r, "make a network namespace") : 0;
}

static int send_and_reset(int fd, struct netlink_batch *b, struct err *err)
{
	int r = netlink_send(fd, b, err);

	netlink_batch_reset(b);
	return r;
}

static bool is_carrying(const struct network *n)
{
	for (size_t i = 1; i < OCI_INTERFACES_MAX; i++)
		if (n->slots[i].used)
			return true;
	return false;
}

static int remove_interface(struct network *n, struct network_slot *slot, struct err *err)
{
	struct netlink_batch b = { 0 };
	int r;

	if (slot->is.slot == 0)
		request_home(&b, slot->index, n->first_ns_fd, NIC_NAME, is_carrying(n));
	else
		request_delete(&b, slot->index, &slot->is);
	r = send_and_reset(n->own_fd, &b, err);
	if (r < 0)
		return r;
	oci_interface_reset(&slot->is);
	slot->used = false;
	return 0;
}

/* Takes away what @now has and @wanted has not. */
static int drop(struct network *n, int index, const struct oci_interface *now,
		const struct oci_interface *wanted, struct err *err)
{
	struct netlink_batch b = { 0 };
	int r = request_drop(&b, index, now, wanted, err);

	if (r == 0)
		r = netlink_send(n->own_fd, &b, err);
	netlink_batch_reset(&b);
	return r;
}

static bool is_same_device(const struct oci_interface *a, const struct oci_interface *b)
{
	return streq(a->name, b->name) && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

/* Takes away what is not wanted any more. */
static int shrink(struct network *n, struct network_slot *slot, const struct oci_network *wanted,
		  struct err *err)
{
	const struct oci_interface *i = oci_network_find(wanted, slot->is.slot);

	if (!i || !is_same_device(&slot->is, i))
		return remove_interface(n, slot, err);
	return oci_interface_is_equal(&slot->is, i) ? 0 : drop(n, slot->index, &slot->is, i, err);
}

static uint32_t largest_mtu(const struct network *n, uint32_t mtu)
{
	for (size_t i = 1; i < OCI_INTERFACES_MAX; i++)
		if (n->slots[i].used && n->slots[i].is.mtu > mtu)
			mtu = n->slots[i].is.mtu;
	return mtu;
}

static int make_macvlan(struct network *n, const struct oci_interface *i, struct err *err)
{
	struct netlink_batch b = { 0 };
	int nic;

	if (n->slots[0].used) {
		request_macvlan(&b, n->slots[0].index, -1, i);
		return send_and_reset(n->own_fd, &b, err);
	}
	nic = nic_index(n->first_fd, NIC_NAME);
	if (nic < 0)
		return err_errno(err, nic, "find the NIC");
	request_carrier(&b, nic, largest_mtu(n, i->mtu));
	request_macvlan(&b, nic, n->own_ns_fd, i);
	return send_and_reset(n->first_fd, &b, err);
}

static int move_nic(struct network *n, const struct oci_interface *i, struct err *err)
{
	struct netlink_batch b = { 0 };
	int nic = nic_index(n->first_fd, NIC_NAME);

	if (nic < 0)
		return err_errno(err, nic, "find the NIC");
	request_move(&b, nic, n->own_ns_fd, i, is_carrying(n));
	return send_and_reset(n->first_fd, &b, err);
}

/* @slot: noted as used from then on, also where its interface's addresses are not set yet */
static int make_interface(struct network *n, struct network_slot *slot,
			  const struct oci_interface *i, struct err *err)
{
	int r = i->slot == 0 ? move_nic(n, i, err) : make_macvlan(n, i, err);

	if (r < 0)
		return r;
	slot->index = nic_index(n->own_fd, i->name);
	if (slot->index < 0)
		return err_errno(err, slot->index, "find interface %s", i->name);
	slot->used = true;
	slot->is.slot = i->slot;
	memcpy(slot->is.name, i->name, sizeof(slot->is.name));
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

static int bring_up(struct network *n, const struct network_slot *slot,
		    const struct oci_interface *i, struct err *err)
{
	struct netlink_batch b = { 0 };
	int r;

	request_up(&b, slot->index, i, n->has_ipv6);
	r = request_have(&b, slot->index, i, err);
	if (r == 0)
		r = netlink_send(n->own_fd, &b, err);
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

/* After a failure on the way to @i: as far as that goes, it is again what it was. */
static void undo(struct network *n, struct network_slot *slot, const struct oci_interface *i,
		 bool is_new)
{
	if (!slot->used)
		return;
	if (is_new) {
		(void)remove_interface(n, slot, NULL);
		return;
	}
	(void)drop(n, slot->index, i, &slot->is, NULL);
	(void)bring_up(n, slot, &slot->is, NULL);
}

/* Adds what is missing. */
static int grow(struct network *n, const struct oci_interface *i, struct err *err)
{
	struct network_slot *slot = &n->slots[i->slot];
	bool is_new = !slot->used;
	int r;

	if (!is_new && oci_interface_is_equal(&slot->is, i))
		return 0;
	n->touched = true;
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

int network_renew(struct network *n, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < OCI_INTERFACES_MAX; i++) {
		oci_interface_reset(&n->slots[i].is);
		n->slots[i].used = false;
	}
	if (n->touched)
		r = nic_reset(n->device);
	if (r < 0)
		return err_errno(err, r, "give the NIC up");
	n->touched = false;
	r = make_namespace(n);
	return r < 0 ? err_errno(err, r, "make a network namespace") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/mac.h"
#include "base/wire.h"

/*
 * The network of a machine: how its interfaces are to be set up.  A plain structure without JSON,
 * because the guest uses it too (it travels over the guest link).  `struct oci_network n = { 0 };`
 * is valid and has no interface beside lo.
 */

#define OCI_INTERFACES_MAX	  8u
#define OCI_INTERFACE_NAME_MAX	  15u
#define OCI_ADDRESSES_MAX	  16u /* per interface */
#define OCI_ROUTES_MAX		  64u
#define OCI_INTERFACE_SYSCTLS_MAX 32u
#define OCI_MTU_DEFAULT		  1500u
#define OCI_MTU_MIN		  68u
#define OCI_MTU_MIN_6		  1280u /* the least MTU of an interface with an IPv6 address */
#define OCI_MTU_MAX		  65535u

/*
 * All interfaces share the machine's one NIC: slot 0 is the NIC itself, each other one has a MAC of
 * its own on it (macvlan).  By their MACs the host tells them apart.
 */
struct oci_interface {
	uint8_t slot; /* identifies the interface; below OCI_INTERFACES_MAX */
	char name[OCI_INTERFACE_NAME_MAX + 1];
	uint8_t mac[MAC_BYTES];
	uint32_t mtu;		   /* bytes */
	char **addresses;	   /* "10.1.2.3/24", "fd00::2/64" */
	char *gateway4, *gateway6; /* of the default routes; NULL or "": none by this interface */
	char **routes;		   /* "10.9.0.0/16 via 10.1.2.1" */
	char **sysctls; /* "net.ipv4.conf.IFNAME.forwarding=1", with the word IFNAME as it is */
};

struct oci_network {
	struct oci_interface *interfaces; /* in the order in which they were added; slots differ */
	size_t n;
};

/* A route, parsed. */
struct oci_route {
	struct ip_net to; /* its host bits are 0 */
	struct ip via;	  /* of the same family as @to */
};

/** oci_route_parse() - read "10.9.0.0/16 via 10.1.2.1".  Return: 0; -EINVAL, @ret untouched. */
int oci_route_parse(const char *text, struct oci_route *ret);

/** oci_network_reset() - free what a network holds */
void oci_network_reset(struct oci_network *n);

/** oci_interface_reset() - free what an interface holds */
void oci_interface_reset(struct oci_interface *i);

/** oci_interface_copy() - @ret: oci_interface_reset(); untouched on failure.
 * Return: 0; -ENOMEM. */
int oci_interface_copy(const struct oci_interface *i, struct oci_interface *ret);

/** oci_network_copy() - @ret: oci_network_reset(); untouched on failure.  Return: 0; -ENOMEM. */
int oci_network_copy(const struct oci_network *n, struct oci_network *ret);

/** oci_network_find() - get the interface of a slot; NULL where there is none */
const struct oci_interface *oci_network_find(const struct oci_network *n, unsigned slot);

/** oci_interface_is_equal() - do two interfaces ask for the same? */
bool oci_interface_is_equal(const struct oci_interface *a, const struct oci_interface *b);

/** oci_network_put() - append a network to a message (docs/LINK.md, NETWORK).
 * Return: 0; -ENOMEM. */
int oci_network_put(struct buf *b, const struct oci_network *n);

/**
 * oci_network_get() - take a network off the front of a message
 * @ret: oci_network_reset(); untouched on failure.  Bounds and slots are checked; the texts'
 *       meaning is not
 *
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int oci_network_get(struct wire_view *v, struct oci_network *ret);

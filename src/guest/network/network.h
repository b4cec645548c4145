/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/network/netns.h"
#include "guest/network/nic.h"
#include "oci/network.h"

/*
 * The network of the machine's containers, who share a namespace, as those of a pod do.  Two are
 * made before there are any: one with the NIC's interface in it, and one without.
 */

struct network_slot {
	bool used;
	int index; /* of the interface, in the containers' namespace */
	struct oci_interface is;
};

struct network {
	struct netns
		first;	  /* where the machine was booted, and the interface of a NIC comes to be */
	struct netns own; /* the containers', and moat-init's */
	struct netns
		other; /* the other one; the NIC's interface is in there when it is not in @own */
	bool inside;   /* it is in @own, which is also so before it is wanted there */
	char device[NIC_DEVICE_MAX]; /* "": the machine has no NIC */
	bool has_ipv6;
	struct network_slot slots[OCI_INTERFACES_MAX]; /* what was set last */
};

#define NETWORK_NONE .first = { -1, -1 }, .own = { -1, -1 }, .other = { -1, -1 }

/**
 * network_open() - make namespaces for containers, and go into the one with the NIC
 * @n: NETWORK_NONE
 *
 * Return: 0; -errno with a message.
 */
int network_open(struct network *n, struct err *err);

/**
 * network_set() - make the interfaces what they are to be
 *
 * Those that are so already are left alone, whatever a container has done to them.  After a failure
 * what was to go may be gone, and what was to come is not there.
 *
 * Return: 0; -ENODEV where the machine has no NIC; -errno with a message.
 */
int network_set(struct network *n, const struct oci_network *wanted, struct err *err);

/** network_is_unset() - is there no interface but lo for containers, though the NIC's may be where
 * they would see it?  Then network_hide() before one does. */
bool network_is_unset(const struct network *n);

/** network_hide() - go into the namespace without the NIC.  Return: 0; -errno with a message. */
int network_hide(struct network *n, struct err *err);

/** network_renew() - no container is left: other namespaces, and the NIC as new.  Return: 0; -errno
 * with a message. */
int network_renew(struct network *n, struct err *err);

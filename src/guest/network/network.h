/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/network/netns.h"
#include "guest/network/nic.h"
#include "oci/network.h"

/*
 * The network of the machine's containers, who share a namespace, as those of a pod do.  Two
 * namespaces are made before there are containers: one with the NIC's interface in it, and one
 * without.
 */

struct network_slot {
	bool used;
	int index; /* of the interface in the containers' namespace; 0: none */
	struct oci_interface is;
};

struct network {
	struct netns first; /* where the machine was booted: a NIC's new interface appears there */
	struct netns own;   /* for containers, and moat-init */
	struct netns
		other; /* the one without containers; has the NIC's interface unless @own does */
	bool inside;   /* the NIC's interface is in @own, whether or not it is wanted there */
	int ready;     /* its index there, while it is up and no container has had it; or 0 */
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
 * network_set() - give the containers these interfaces
 *
 * An interface that is so already is left alone, whatever a container has done to it.  After a
 * failure interfaces that were to go may be gone, and those that were to come are not there.
 *
 * Return: 0; -ENODEV where the machine has no NIC; -errno with a message.
 */
int network_set(struct network *n, const struct oci_network *wanted, struct err *err);

/** network_is_unset() - are containers to have no interface but lo, while the NIC's may be where
 * they would see it?  Then network_hide() has to be called before a container starts. */
bool network_is_unset(const struct network *n);

/** network_hide() - go into the namespace without the NIC.  Return: 0; -errno with a message. */
int network_hide(struct network *n, struct err *err);

/** network_renew() - make new namespaces and a new interface of the NIC, when no container is left.
 * Return: 0; -errno with a message. */
int network_renew(struct network *n, struct err *err);

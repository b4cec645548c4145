/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/network/nic.h"
#include "oci/network.h"

/*
 * The network of the machine's containers, who share a namespace, as those of a pod do.  The NIC's
 * interface is in the first namespace, the one the machine was booted in, until it becomes one of
 * theirs.
 */

struct network_slot {
	bool used;
	int index; /* of the interface, in the containers' namespace */
	struct oci_interface is;
};

struct network {
	int first_fd, first_ns_fd;   /* rtnetlink(7) of the first namespace, and that itself */
	int own_fd, own_ns_fd;	     /* the containers' */
	char device[NIC_DEVICE_MAX]; /* "": the machine has no NIC */
	bool touched;		     /* the NIC was used since it was as new */
	bool has_ipv6;
	struct network_slot slots[OCI_INTERFACES_MAX]; /* what was set last */
};

#define NETWORK_NONE .first_fd = -1, .first_ns_fd = -1, .own_fd = -1, .own_ns_fd = -1

/**
 * network_open() - go into a namespace that containers can have, with nothing but lo in it
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

/** network_renew() - no container is left: go into another namespace, and have the NIC as new.
 * Return: 0; -errno with a message. */
int network_renew(struct network *n, struct err *err);

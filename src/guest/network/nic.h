/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The machine's one network device. */

#define NIC_DEVICE_MAX 32

/* The kernel's name for the first Ethernet device of a namespace. */
#define NIC_NAME "eth0"

/** nic_find() - find the NIC's name on its bus ("virtio4"), which stays wherever its interface is.
 * Return: 0; -ENODEV where there is none, or the kernel has no driver for it; -errno. */
int nic_find(char ret[NIC_DEVICE_MAX]);

/**
 * nic_reset() - take the NIC from its driver and give it back
 *
 * Its interface goes with that, wherever it is, and with it all interfaces on it; a new one with
 * nothing set appears in the namespace where the machine was booted.
 *
 * Return: 0; -errno.
 */
int nic_reset(const char device[NIC_DEVICE_MAX]);

/** nic_index() - find the index of an interface.  @fd: a socket of its namespace.  Return: the
 * index; -ENODEV; -errno. */
int nic_index(int fd, const char *name);

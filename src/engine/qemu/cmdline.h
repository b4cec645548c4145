/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"

#define QEMU_FDSET_DISKS 2 /* the fdset of the first disk; those of the others follow */

enum qemu_accel { QEMU_KVM, QEMU_TCG };

/* How QEMU is started, beside the machine's description.  Descriptors have the numbers of its
 * process. */
struct qemu_start {
	const char *binary;
	enum qemu_accel accel;
	unsigned tsc_khz; /* of the time stamp counter, for guests that cannot ask; 0: unknown */
	int kernel_fd;
	int initrd_fd;
	int link_fd;
	int qmp_fd;
	int console_fd;
	int disk_fds[MACHINE_DISKS_MAX];
	int nic_fds[MACHINE_NICS_MAX]; /* a tap, or a datagram socket where there is no tap */
	int share_fds[MACHINE_SHARES_MAX];
	int memory_fd, state_fd; /* of a template */
};

/** qemu_check_machine() - can QEMU be such a machine?  Return: 0; -EINVAL with a message for one
 * that it cannot be. */
int qemu_check_machine(const struct machine *m, struct err *err);

/**
 * qemu_cmdline() - the argument vector of QEMU for a machine
 * @m:   passes qemu_check_machine()
 * @ret: owned by the caller, strv_free(); untouched on failure
 *
 * Pure: of @m only the plain values are used, and of its descriptors whether they are there.
 *
 * Return: 0; -ENOMEM.
 */
int qemu_cmdline(const struct qemu_start *s, const struct machine *m, char ***ret, struct err *err);

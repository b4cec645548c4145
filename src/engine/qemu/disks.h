/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"
#include "engine/qemu/qmp.h"

/* Where the content of a machine's disks comes from at present. */
struct qemu_disks {
	struct qmp *qmp;     /* borrowed */
	unsigned generation; /* the number that the last new node got */
	struct qemu_disk {
		unsigned node; /* number of the node below the raw one; 0: the command line's */
		unsigned set;  /* fdset of its file; 0: blank */
	} at[MACHINE_DISKS_MAX];
};

/** qemu_disks_init() - note the disks as the command line has them.  @q: borrowed */
void qemu_disks_init(struct qemu_disks *d, struct qmp *q, const struct machine *m);

/** qemu_disks_init_forked() - note blank disks, as a machine has that was forked of a zygote */
void qemu_disks_init_forked(struct qemu_disks *d, struct qmp *q);

/**
 * qemu_disks_swap() - let the disks' devices go on with other files
 * @swaps:  at most MACHINE_DISKS_MAX, each of another disk
 * @resume: the machine goes on then, too
 *
 * Return: 0; as qmp_call(), all disks are as they were unless time has run out.
 */
int qemu_disks_swap(struct qemu_disks *d, const struct machine_swap *swaps, size_t n, bool resume,
		    struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"
#include "engine/qemu/qmp.h"

/**
 * qemu_resume_with() - let the disks' devices go on with other files, and then the machine
 * @disks: in the order of the command line (cmdline.c); at most MACHINE_DISKS_MAX
 *
 * Return: 0; as qmp_call().
 */
int qemu_resume_with(struct qmp *q, const struct machine_disk *disks, size_t n,
		     uint64_t deadline_usec, struct err *err);

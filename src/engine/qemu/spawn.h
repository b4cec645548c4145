/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "engine/qemu/cmdline.h"
#include "jail/group.h"

/** qemu_check_disk() - is a disk's file opened as the disk is to be used?  Return: 0; -EBADF with a
 * message where it is not. */
int qemu_check_disk(const struct machine_disk *d, struct err *err);

/**
 * qemu_check_files() - whether a machine's descriptors are what QEMU needs
 * @m: passes qemu_check_machine()
 *
 * Return: 0; -EBADF, -EINVAL, -EPERM (a template that could be changed), -errno with a message.
 */
int qemu_check_files(const struct machine *m, struct err *err);

struct qemu_process {
	pid_t pid;
	int pidfd;   /* owned */
	int life_fd; /* owned; a fork ends when it is closed; -1: our own child */
	struct jail_group group;
};

/**
 * qemu_spawn() - start QEMU in its jail
 * @m: passes both checks; borrowed
 * @s: all but the numbers of descriptors is set; these are filled in
 *
 * Return: 0; -errno with a message, and no process.
 */
int qemu_spawn(const struct machine *m, struct qemu_start *s, int qmp_fd, struct qemu_process *ret,
	       struct err *err);

/**
 * qemu_fork() - have QEMU forked of a zygote
 * @m: described as the zygote is, with blank disks; borrowed
 *
 * Return: 0; -errno with a message, and no process.
 */
int qemu_fork(const struct machine *m, int zygote_fd, int qmp_fd, struct qemu_process *ret,
	      struct err *err);

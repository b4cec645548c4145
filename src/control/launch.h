/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* A machine may be there to be forked, or be forked of one that is (jail/zygote.h). */
enum shim_kinship { SHIM_ALONE, SHIM_ZYGOTE, SHIM_FORKED };

struct shim_launch {
	const char *program; /* absolute path of moat-shim */
	const char *dir;     /* the machine's folder, or the template's; absolute */
	int dir_fd;	     /* the same; borrowed */
	int memory_fd;	     /* of a template, borrowed; -1: the machine is booted */
	int state_fd;	     /* the same; -1 with @memory_fd: the template is to be made */
	int tap_fd; /* what the NIC hangs on, whose name is in machine.json; borrowed; -1 */
	enum shim_kinship kin;
	int kin_fd; /* with kin: of a socket of packets, where forks are asked for; borrowed */
};

/**
 * shim_spawn() - make the socket and execute moat-shim
 * @ret_pid: to be reaped by the caller
 *
 * Return: 0; -errno with a message.
 */
int shim_spawn(const struct shim_launch *l, pid_t *ret_pid, struct err *err);

/** shim_spawn_maker() - execute moat-shim to make a template.  As shim_spawn(). */
int shim_spawn_maker(const struct shim_launch *l, pid_t *ret_pid, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* A machine may be a zygote, or be forked of one (jail/zygote.h). */
enum shim_kinship { SHIM_ALONE, SHIM_ZYGOTE, SHIM_FORKED };

struct shim_launch {
	const char *program; /* absolute path of moat-shim */
	const char *dir;     /* the machine's folder, or the template's; absolute */
	int dir_fd;	     /* the machine's folder; borrowed */
	int memory_fd;	     /* of a template, borrowed; -1: the machine is booted */
	int state_fd; /* of a template, borrowed; -1 with @memory_fd: the template is to be made */
	int tap_fd;   /* that the NIC hangs on, named in machine.json; borrowed; -1: none */
	enum shim_kinship kin;
	int kin_fd; /* with kin: socket of packets, by which forks are asked for; borrowed */
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

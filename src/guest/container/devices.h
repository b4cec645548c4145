/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#include "base/err.h"

#define DEVICES_PROGRAM_MAX 40

/**
 * devices_program() - the filter that decides which devices a container may use
 * @ret: room for DEVICES_PROGRAM_MAX instructions
 *
 * Every node may be made; only null, zero, full, random, urandom, tty and terminals may be opened.
 *
 * Return: the number of instructions.
 */
size_t devices_program(struct bpf_insn *ret);

/**
 * devices_restrict() - filter the devices of a cgroup
 * @ret_fd: the filter, owned by the caller
 *
 * Return: 0; -ENOTSUP where the kernel has no such filters; -errno of bpf(2).
 */
int devices_restrict(int cgroup_fd, int *ret_fd, struct err *err);

/** devices_allow_all() - remove the filter.  Return: 0; -errno of bpf(2). */
int devices_allow_all(int cgroup_fd, int filter_fd, struct err *err);

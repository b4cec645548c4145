/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/daemon.h"

/* The machine of a container: how large it is, which kernel boots in it. */

/**
 * machine_write() - write config.json and machine.json into a container's folder
 * @dir_fd: borrowed
 *
 * Both are made anew before each start, out of the database and of the kernel and engine that
 * are in use now; so nothing is lost when they are half-written.
 *
 * Return: 0; -errno with a message.
 */
int machine_write(struct daemon *d, const struct texts *texts, int dir_fd, struct err *err);

/**
 * machine_size() - processors and memory of the machine
 * @host: docker's HostConfig
 *
 * Pure.  Return: 0; -EBADMSG with a message.
 */
int machine_size(const json_t *host, unsigned host_cpus, unsigned *ret_cpus,
		 uint64_t *ret_memory_bytes, struct err *err);

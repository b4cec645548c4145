/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/machines.h"
#include "daemon/spec/log-config.h"
#include "kernel/store.h"

/* The machine of a container: how large it is, which kernel boots in it. */

#define TEMPLATE_KEY_LEN 64 /* hexadecimal digits */
#define TEMPLATE_FORMAT	 2

struct machine_plan {
	const struct engine *engine;
	struct kernel_paths kernel;
	unsigned cpus;
	uint64_t memory_bytes;
	uint64_t disk_bytes;  /* of the writable layer */
	uint64_t layer_bytes; /* of these, how many may be written; 0: all */
	struct log_config log;
	bool own_kernel; /* the container brought it along; others have the kernel that is set */
	bool cold;	 /* boot it, even if there is a template */
	char *cpuset;	 /* processors of the host that the machine may use; NULL: all */
	bool has_tap;	 /* the NIC hangs on a tap */
	bool reclaim_pressure;	   /* the guest drops its cache when the host wants memory */
	uint64_t reclaim_idle_sec; /* and when idle for so long; 0: never */
};

/* What this host has for machines at the moment. */
struct machine_means {
	const struct engine *engine;
	bool has_tap;
};

/**
 * machine_plan() - the machine for a container; others ask lease_plan() (lease.h)
 * @host: docker's HostConfig; NULL for one without limits of its own
 * @with: borrowed
 * @ret:  owned, machine_plan_reset()
 *
 * Return: 0; -EIO with a message where there is no kernel; -errno with a message.
 */
int machine_plan(struct machines *ms, const json_t *host, const struct machine_means *with,
		 struct machine_plan *ret, struct err *err);
void machine_plan_reset(struct machine_plan *p);

/** machine_template_key() - the name of the template for a machine.  Return: 0; -EOPNOTSUPP where
 * its engine has no templates; -errno with a message. */
int machine_template_key(const struct machine_plan *plan, char ret[TEMPLATE_KEY_LEN + 1],
			 struct err *err);

/**
 * machine_layer_bytes() - the size of the writable layer in docker's StorageOpt
 * @host: docker's HostConfig
 * @ret:  0 where none is given
 *
 * Pure.  Return: 0; -EINVAL, -EBADMSG with a message.
 */
int machine_layer_bytes(const json_t *host, uint64_t *ret, struct err *err);

/** machine_plan_copy() - copy a plan with all it owns.  @ret: owned.  Return: 0; -ENOMEM. */
int machine_plan_copy(const struct machine_plan *p, struct machine_plan *ret);

/** machine_write() - write machine.json into a machine's folder.  @tap: its name; "": none;
 * @dir_fd: borrowed.  Return: 0; -errno with a message. */
int machine_write(const struct machine_plan *p, const char *tap, int dir_fd, struct err *err);

/**
 * machine_running() - read what a running machine has, which no limit can pass
 * @dir_fd:           the machine's folder; borrowed
 * @ret_memory_bytes: for the container
 *
 * Return: 0; -errno, -EBADMSG with a message.
 */
int machine_running(int dir_fd, unsigned *ret_cpus, uint64_t *ret_memory_bytes, struct err *err);

/** machine_memory_for() - memory that a machine needs for a container with this limit.  Pure. */
uint64_t machine_memory_for(uint64_t container_bytes);

/**
 * machine_memory_left() - memory that a machine keeps when its balloon takes what a container's
 * limit leaves
 * @room_bytes: what the machine has for a container without a limit
 *
 * Pure.
 */
uint64_t machine_memory_left(uint64_t container_bytes, uint64_t room_bytes);

/**
 * machine_size() - processors and memory of the machine
 * @host: docker's HostConfig
 *
 * Many limits share few sizes: the guest keeps the container to its limit, memory that is not
 * touched costs nothing, and each size has a template of its own.
 *
 * Pure.  Return: 0; -EBADMSG with a message.
 */
int machine_size(const json_t *host, unsigned host_cpus, unsigned *ret_cpus,
		 uint64_t *ret_memory_bytes, struct err *err);

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
	uint64_t layer_bytes; /* of it, that may be written; 0: all */
	struct log_config log;
	bool own_kernel;       /* the container came with it; the others have the one that is set */
	bool cold;	       /* booted, though there may be a template */
	char *cpuset;	       /* processors of the host it may use; NULL: all */
	bool has_tap;	       /* its NIC hangs on one */
	bool reclaim_pressure; /* its guest drops its cache when the host wants memory */
	uint64_t reclaim_idle_sec; /* and when it was idle for so long; 0: it does not */
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
 * its engine knows none; -errno with a message. */
int machine_template_key(const struct machine_plan *plan, char ret[TEMPLATE_KEY_LEN + 1],
			 struct err *err);

/**
 * machine_layer_bytes() - what docker's StorageOpt says of the writable layer
 * @host: docker's HostConfig
 * @ret:  0 where it says nothing
 *
 * Pure.  Return: 0; -EINVAL, -EBADMSG with a message.
 */
int machine_layer_bytes(const json_t *host, uint64_t *ret, struct err *err);

/** machine_plan_copy() - @ret: owned.  Return: 0; -ENOMEM. */
int machine_plan_copy(const struct machine_plan *p, struct machine_plan *ret);

/** machine_write() - write machine.json into a machine's folder.  @tap: by name; "": none; @dir_fd:
 * borrowed.  Return: 0; -errno with a message. */
int machine_write(const struct machine_plan *p, const char *tap, int dir_fd, struct err *err);

/**
 * machine_running() - what the machine that runs has, which limits cannot pass
 * @dir_fd:           the machine's folder; borrowed
 * @ret_memory_bytes: for the container
 *
 * Return: 0; -errno, -EBADMSG with a message.
 */
int machine_running(int dir_fd, unsigned *ret_cpus, uint64_t *ret_memory_bytes, struct err *err);

/** machine_memory_for() - memory a machine needs for a container that is to have this much.  Pure.
 */
uint64_t machine_memory_for(uint64_t container_bytes);

/**
 * machine_memory_left() - memory that a machine keeps when its balloon takes what a limit leaves
 * @room_bytes: what the machine has for a container without one
 *
 * Pure.
 */
uint64_t machine_memory_left(uint64_t container_bytes, uint64_t room_bytes);

/**
 * machine_size() - processors and memory of the machine
 * @host: docker's HostConfig
 *
 * Few sizes for many limits: the limit itself is the guest's to keep, memory that is not touched
 * costs nothing, and each size has a template of its own.
 *
 * Pure.  Return: 0; -EBADMSG with a message.
 */
int machine_size(const json_t *host, unsigned host_cpus, unsigned *ret_cpus,
		 uint64_t *ret_memory_bytes, struct err *err);

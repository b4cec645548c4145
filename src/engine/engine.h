/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The engine contract: a plain description of a machine, and a small vtable of what an engine
 * can do with it.  Engines are processes; the shim is their parent.
 */

#define MACHINE_DISKS_MAX 4

struct machine_disk {
	int fd;
	bool read_only;
};

/* All descriptors are borrowed; start() hands duplicates to the engine's process. */
struct machine {
	unsigned cpus;
	uint64_t memory_bytes;
	int kernel_fd;
	int initrd_fd;
	const char *cmdline;			      /* added to the engine's own; may be NULL */
	struct machine_disk disks[MACHINE_DISKS_MAX]; /* /dev/vda, vdb, … in this order */
	size_t n_disks;
	int link_fd;	/* engine's end of the guest link, a connected stream socket */
	int console_fd; /* guest console, append only */
	int log_fd;	/* the engine process's stderr */
};

struct engine_probe {
	bool usable;
	double nsec_per_instruction; /* of the KVM probe; 0 when not measured */
	char reason[200];	     /* why usable or not, for `moat system info` */
};

struct vm;

struct engine {
	const char *name; /* "qemu-kvm", "qemu-tcg", later "native" */

	/** probe() - can this engine run here?  Fills @ret in any case.  Return: 0; -errno. */
	int (*probe)(struct engine_probe *ret);

	/**
	 * start() - start the machine's process
	 *
	 * Returns as soon as the process is there; what happens to it later is seen on
	 * vm_pid() (the caller reaps it) and on the link.
	 *
	 * Return: 0, @ret owned, vm_free(); -errno with a message.
	 */
	int (*start)(const struct machine *m, struct vm **ret, struct err *err);

	/** pause(), resume() - stop and continue the vCPUs.  Return: 0; -ETIMEDOUT; -errno. */
	int (*pause)(struct vm *vm, struct err *err);
	int (*resume)(struct vm *vm, struct err *err);

	/** kill() - end the machine at once; idempotent */
	void (*kill)(struct vm *vm);

	/** free() - release the handle; kills the machine if it still runs; NULL is accepted */
	void (*free)(struct vm *vm);

	/** pid() - the process to wait for */
	pid_t (*pid)(const struct vm *vm);
};

/** engine_find() - by name.  Return: NULL when there is no such engine. */
const struct engine *engine_find(const char *name);

/**
 * engine_choose() - the best engine that works here: KVM before emulation
 * @ret_probe: why; filled also for engines that were passed over (a summary)
 *
 * Return: 0; -ENOENT with a message that says what is missing.
 */
int engine_choose(const struct engine **ret, struct engine_probe *ret_probe, struct err *err);

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

/* Beside the programs of moat; without it no machine is restored. */
#define ENGINE_CLONE_LIBRARY "moat-clone-memory.so"

struct machine_disk {
	int fd;
	bool read_only;
};

/*
 * The memory and the device state of a machine that was taken down in the middle of its life, from
 * which any number of machines go on.  Their descriptions must be the same but for what the
 * descriptors lead to.
 */
struct machine_template {
	int memory_fd; /* memfd of the machine's memory size; restored from: sealed against writing
			*/
	int state_fd;  /* read from its offset; -1: start a machine that snapshot() is called on */
};

/* All descriptors are borrowed; start() hands duplicates to the engine's process. */
struct machine {
	unsigned cpus;
	uint64_t memory_bytes;
	int kernel_fd;
	int initrd_fd;
	bool acpi;	     /* devices are announced by ACPI, else on the kernel's command line */
	const char *cmdline; /* added to the engine's own; may be NULL */
	struct machine_disk disks[MACHINE_DISKS_MAX]; /* /dev/vda, vdb, … in this order */
	size_t n_disks;
	int link_fd;	/* engine's end of the guest link, a connected stream socket */
	int console_fd; /* guest console, append only */
	int log_fd;	/* the engine process's stderr */
	const struct machine_template
		*from; /* NULL: a machine that boots, with memory of its own */
};

/*
 * What the guest asked of its disks and the host could not do, most of all because its own disk is
 * full.  The guest was told that its request has failed, and goes on.
 */
struct disk_errors {
	uint64_t count;	 /* since the machine was started */
	size_t disk;	 /* that of the last one, in machine.disks */
	char reason[80]; /* of the last one: any text, as the engine is not to be trusted */
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
	 * A restored machine goes on by itself.  It cannot change the template it came from.
	 *
	 * Returns as soon as the process is there; what happens to it later is seen on
	 * vm_pid() (the caller reaps it) and on the link.
	 *
	 * Return: 0, @ret owned, vm_free(); -errno with a message.
	 */
	int (*start)(const struct machine *m, struct vm **ret, struct err *err);

	/**
	 * snapshot() - complete the template that a machine was started to make
	 * @state_fd: written from its offset; borrowed
	 *
	 * The machine runs before and is of no use after: kill() it, and memory and state may be
	 * used.
	 *
	 * Return: 0; -ETIMEDOUT; -errno with a message.
	 */
	int (*snapshot)(struct vm *vm, int state_fd, struct err *err);

	/**
	 * identity() - all that a template of this machine depends on
	 * @m:   only its plain values are used
	 * @ret: text, owned: the engine's version and arguments, the host's processor
	 *
	 * A template may be used where the text is what it was when the template was made.
	 *
	 * Return: 0; -errno with a message.
	 */
	int (*identity)(const struct machine *m, char **ret, struct err *err);

	/** pause(), resume() - stop and continue the vCPUs.  Return: 0; -ETIMEDOUT; -errno. */
	int (*pause)(struct vm *vm, struct err *err);
	int (*resume)(struct vm *vm, struct err *err);

	/**
	 * resume_with() - continue the vCPUs of a paused machine, with other files as its disks
	 * @disks: all of them, of the same size and access; the descriptors are borrowed
	 *
	 * The guest is told nothing: it must not use a disk meanwhile, and forget what it knows of
	 * them.  Where this fails, the machine is of no use any more.
	 *
	 * Return: 0; -ETIMEDOUT; -errno with a message.
	 */
	int (*resume_with)(struct vm *vm, const struct machine_disk *disks, size_t n,
			   struct err *err);

	/** events_fd() - borrowed, valid until free(); readable when the engine has said something
	 */
	int (*events_fd)(const struct vm *vm);

	/**
	 * disk_errors() - what is known of such errors, by what the engine has said until now
	 * @ret: filled in any case
	 *
	 * Does not wait.  To be called when events_fd() is readable, and after any other call.
	 *
	 * Return: 0; -errno with a message: the engine will say nothing more that makes sense.
	 */
	int (*disk_errors)(struct vm *vm, struct disk_errors *ret, struct err *err);

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

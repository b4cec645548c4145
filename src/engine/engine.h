/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The engine contract: a plain description of a machine, and a small vtable of what an engine
 * can do with it.  Engines are processes; the shim is the parent of those that it started.
 */

/*
 * Every machine has the same devices, used or not, so that any of moat's templates fits any
 * container: one NIC, and in each of two slots the disks of a container (image and writable layer)
 * and a channel to the server of its shares.
 */
#define MACHINE_SLOTS	   2
#define MACHINE_DISKS_MAX  (2 * MACHINE_SLOTS)
#define MACHINE_NICS_MAX   1
#define MACHINE_SHARES_MAX MACHINE_SLOTS

/* Index in machine.disks of a slot's image. */
#define MACHINE_IMAGE_DISK(slot) (2 * (size_t)(slot))
#define MACHINE_LAYER_DISK(slot) (2 * (size_t)(slot) + 1)

/* A file beside moat's programs; without it no machine is restored. */
#define ENGINE_CLONE_LIBRARY "moat-clone-memory.so"

struct machine_disk {
	int fd; /* -1: a blank disk, which forgets what is written to it */
	bool read_only;
	uint64_t size_bytes; /* of a blank disk; any other is as large as its file */
};

struct machine_nic {
	int tap_fd; /* of a tap with IFF_VNET_HDR; -1: the NIC is connected to nothing */
};

struct machine_share {
	int fd; /* a connected stream socket; -1: nobody serves it */
};

/*
 * The memory and the device state of a machine that was saved while it ran; any number of machines
 * go on from there.  Their descriptions must be equal to that machine's in all but what the
 * descriptors lead to.
 */
struct machine_template {
	/* A memfd of the machine's memory size; sealed against writing where machines are restored
	 * from it. */
	int memory_fd;
	int state_fd; /* read from its offset; -1: start a machine that snapshot() is called on */
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
	struct machine_nic nics[MACHINE_NICS_MAX];
	size_t n_nics;
	struct machine_share shares[MACHINE_SHARES_MAX];
	size_t n_shares;
	int link_fd;	/* engine's end of the guest link, a connected stream socket */
	int console_fd; /* guest console, append only */
	int log_fd;	/* the engine process's stderr */
	/* NULL: a machine that boots, with memory of its own */
	const struct machine_template *from;
	/* A machine that is restored may be a zygote, of which others are forked: */
	bool forks;
	int forks_fd; /* connected socket of packets, by which forks are asked for */
};

/* Another file in the place of a disk. */
struct machine_swap {
	size_t disk;		  /* its index */
	struct machine_disk with; /* of the same size and access */
};

/* What an engine may or may not be able to do.  Every engine has start(), pause(), resume() and
 * kill(). */
enum engine_feature {
	ENGINE_SNAPSHOT = 1,   /* identity(), snapshot(), and machines restored from templates */
	ENGINE_SWAP_DISKS = 2, /* swap_disks() */
	ENGINE_SHARE = 4,      /* machines may have shares */
	ENGINE_BALLOON = 8, /* balloon(), and memory that the guest frees goes back to the host */
	ENGINE_FORK = 16,   /* fork(), and machines may be zygotes */
};

/*
 * Requests of the guest to its disks in which the host failed, mostly because its own disk is full.
 * The guest was told of each failure, and goes on.
 */
struct disk_errors {
	uint64_t count;	 /* failures since the machine was started */
	size_t disk;	 /* of the last failure, in machine.disks */
	char reason[80]; /* of the last failure: any text, as the engine is not to be trusted */
};

struct engine_probe {
	bool usable;
	double nsec_per_instruction; /* of the KVM probe; 0 when not measured */
	char reason[200];	     /* why usable or not, for `moat system info` */
};

/** machine_is_restored() - does the machine go on from a template?  Else it boots. */
static inline bool machine_is_restored(const struct machine *m)
{
	return m->from && m->from->state_fd >= 0;
}

struct vm;

struct engine {
	const char *name;  /* "qemu-kvm", "qemu-tcg", later "native" */
	unsigned features; /* enum engine_feature */

	/** probe() - can this engine run here?  Fills @ret in any case.  Return: 0; -errno. */
	int (*probe)(struct engine_probe *ret);

	/**
	 * start() - start the machine's process
	 *
	 * A restored machine goes on by itself.  It cannot change the template it came from.
	 *
	 * Returns as soon as the process is there; its end is seen by pid() (the caller reaps it)
	 * and pidfd(), all else on the link.
	 *
	 * Return: 0, @ret owned, vm_free(); -errno with a message.
	 */
	int (*start)(const struct machine *m, struct vm **ret, struct err *err);

	/**
	 * fork() - start a machine as a copy of a running one: memory, devices and all
	 * @m:  described as the zygote is; disks are blank, and the vCPUs stopped
	 * @fd: the other end of the zygote's @forks_fd.  The zygote was paused, has blank disks,
	 *      and from now on does nothing but fork
	 *
	 * The process is not the caller's child: pidfd() tells of its end, and not how it ended.
	 *
	 * Return: as start().
	 */
	int (*fork)(const struct machine *m, int fd, struct vm **ret, struct err *err);

	/**
	 * snapshot() - complete the template that a machine was started to make
	 * @state_fd: written from its offset; borrowed
	 *
	 * The machine runs before this, and is of no use after it: once it is killed, memory and
	 * state may be used.
	 *
	 * Return: 0; -ETIMEDOUT; -errno with a message.
	 */
	int (*snapshot)(struct vm *vm, int state_fd, struct err *err);

	/**
	 * identity() - describe all that a template of this machine depends on
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
	 * swap_disks() - put other files in the places of disks, of a running or a paused machine
	 * @swaps:  only those that change; descriptors are borrowed
	 * @resume: continue the vCPUs of a paused machine, in the same breath
	 *
	 * The guest is told nothing: it must not use these disks meanwhile, and must forget what it
	 * has cached of them.  Where this fails, each disk is as it was or as it was to be; a
	 * machine that was to be resumed is of no use any more.
	 *
	 * Return: 0; -ETIMEDOUT; -errno with a message.
	 */
	int (*swap_disks)(struct vm *vm, const struct machine_swap *swaps, size_t n, bool resume,
			  struct err *err);

	/**
	 * balloon() - have the guest give up memory, or take it back
	 * @bytes: how much of the machine's memory it is to keep; more than all is all
	 *
	 * The guest is told, and follows when it can: nobody waits for that.  In want of memory it
	 * takes back what it gave up.
	 *
	 * Return: 0; -ETIMEDOUT; -errno with a message.
	 */
	int (*balloon)(struct vm *vm, uint64_t bytes, struct err *err);

	/** events_fd() - borrowed, valid until free(); readable when the engine has said
	 * something */
	int (*events_fd)(const struct vm *vm);

	/**
	 * disk_errors() - tell the errors of disks that the engine has reported until now
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

	/** pid(), pidfd() - the engine's process; the descriptor is borrowed */
	pid_t (*pid)(const struct vm *vm);
	int (*pidfd)(const struct vm *vm);
};

/** engine_find() - find an engine by name.  Return: NULL when there is no such engine. */
const struct engine *engine_find(const char *name);

/**
 * engine_choose() - the best engine that works here: KVM before emulation
 * @ret_probe: why; filled also for engines that were passed over (a summary)
 *
 * Return: 0; -ENOENT with a message that says what is missing.
 */
int engine_choose(const struct engine **ret, struct engine_probe *ret_probe, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/names.h"
#include "engine/engine.h"
#include "loop/loop.h"
#include "shim/config.h"

/* The container's virtual machine while its process lives. */
struct shim_machine {
	const struct engine *engine;
	struct vm *vm;
	pid_t pid;
	bool restored;	       /* from a template, instead of booted */
	int link_fd;	       /* our end of the guest link, until somebody takes it */
	int console_fd;	       /* what the guest says, the same */
	int log_fd;	       /* what the engine says, the same */
	struct source *events; /* what it tells of the machine, while somebody listens */
	uint32_t last_stream;  /* of the link that was used; 0: none */
};

#define SHIM_MACHINE_NONE ((struct shim_machine){ .link_fd = -1, .console_fd = -1, .log_fd = -1 })

/**
 * machine_start() - open everything the machine needs and start its process
 * @dir_fd: the container's folder; the writable layer is made there where it is missing
 * @from:   restore it from there; NULL: boot it.  A container whose disks are of other sizes
 *          than the template's is booted all the same
 * @ret:    machine_release()
 *
 * Return: 0; -errno with a message.
 */
int machine_start(const struct shim_config *config, int dir_fd, const struct machine_template *from,
		  struct shim_machine *ret, struct err *err);

/**
 * machine_adopt() - let a machine that waits go on with a container's disks
 * @m: its processors are stopped, and its guest uses no disk; on failure of no use any more
 *
 * Return: 0; -EINVAL where the disks are of other sizes than the machine's; -errno with a message.
 */
int machine_adopt(struct shim_machine *m, const struct shim_config *config, int dir_fd,
		  struct err *err);

/** machine_kill() - end the machine's process; nothing happens where it is gone */
void machine_kill(struct shim_machine *m);

/** machine_release() - forget the machine; it is killed if it still runs */
void machine_release(struct shim_machine *m);

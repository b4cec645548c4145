/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"
#include "shim/config.h"

#define SHIM_LOG_FILE "shim.log"

/* The container's virtual machine while its process lives. */
struct shim_machine {
	const struct engine *engine;
	struct vm *vm;
	pid_t pid;
	int link_fd; /* our end of the guest link, until somebody takes it */
};

/**
 * machine_start() - open everything the machine needs and start its process
 * @dir_fd: the container's folder; the writable layer is made there where it is missing
 * @ret:    machine_stop()
 *
 * Return: 0; -errno with a message.
 */
int machine_start(const struct shim_config *config, int dir_fd, struct shim_machine *ret,
		  struct err *err);

/** machine_kill() - end the machine's process; nothing happens where it is gone */
void machine_kill(struct shim_machine *m);

/** machine_release() - forget the machine; it is killed if it still runs */
void machine_release(struct shim_machine *m);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/runtime.h"
#include "shim/container/crilog.h"

#define CONFIG_FILE  "config.json"
#define MACHINE_FILE "machine.json"

/* What moatd wrote into the container's folder (docs/SHIM.md). */
struct shim_config {
	struct oci_runtime *runtime;
	char *engine;
	char *kernel, *initrd; /* absolute paths */
	bool acpi;
	unsigned cpus;
	uint64_t memory_bytes;
	uint64_t disk_bytes; /* of the writable layer */
	struct crilog_limits log;
	bool disposable; /* nobody wants the writable layer after the end */
	bool files_only; /* the container does not run: only its files are at work */
	char *cpuset;	 /* processors of the host it may use; NULL: all */
};

/** config_load() - read and check both files.  @ret: owned.  Return: 0; -errno, -EBADMSG with a
 * message; -ENOMEM. */
int config_load(int dir_fd, struct shim_config **ret, struct err *err);

/** config_load_machine() - as config_load(), of machine.json alone: there is no runtime */
int config_load_machine(int dir_fd, struct shim_config **ret, struct err *err);

/** config_free() - NULL is accepted */
void config_free(struct shim_config *c);

DEFINE_CLEANUP(struct shim_config, config_free)
#define cleanup_config cleanup(config_free_cleanup_fn)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* How much is kept of a container's output (docs/CONTROL.md, "Logs"). */
struct log_limits {
	uint64_t max_bytes; /* of one file; 0: no limit */
	uint64_t max_files; /* 0: nothing is kept at all */
};

#define CONTROL_TAP_MAX 15 /* as long as an interface's name can be */

/* machine.json (docs/CONTROL.md). */
struct machine_spec {
	const char *engine;
	const char *kernel, *initrd; /* absolute paths */
	bool acpi;
	int cpus;
	uint64_t memory_bytes;
	uint64_t disk_bytes; /* of the writable layer */
	const char *cpuset;  /* processors of the host that the machine may use; NULL: all */
	char tap[CONTROL_TAP_MAX + 1]; /* name of the tap that the NIC hangs on; "": none */
	bool reclaim_pressure;	       /* the guest drops its cache when the host wants memory */
	uint64_t reclaim_idle_sec; /* the guest drops its cache when idle for so long; 0: never */
	json_t *document;	   /* owned; holds the texts of a spec that was read */
};

/** machine_spec_write() - write machine.json into a folder.  A file that is there is overwritten:
 * it may be half-written after a crash.  Return: 0; -errno with a message. */
int machine_spec_write(int dir_fd, const struct machine_spec *spec, struct err *err);

/** machine_spec_load() - read and check machine.json.  @ret: machine_spec_reset().  Return: 0;
 * -EBADMSG, -EINVAL, -errno with a message. */
int machine_spec_load(int dir_fd, struct machine_spec *ret, struct err *err);

void machine_spec_reset(struct machine_spec *spec);

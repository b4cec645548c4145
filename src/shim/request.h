/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "link/files.h"
#include "link/frame.h"
#include "oci/process.h"

#define REQUEST_MAX_BYTES (128u << 10)
#define TARGET_MAX	  64

/* One request to the shim (docs/SHIM.md). */
enum request_op {
	REQUEST_ATTACH,
	REQUEST_START,
	REQUEST_EXEC,
	REQUEST_FILES,
	REQUEST_SIGNAL,
	REQUEST_RESIZE,
	REQUEST_SHUTDOWN,
	REQUEST_KILL,
	REQUEST_KEEP,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_STATS,
	REQUEST_TOP,
	REQUEST_LIMITS,
	REQUEST_CPUS,
	REQUEST_STATUS,
	REQUEST_WATCH,
};

struct request {
	enum request_op op;
	char target[TARGET_MAX + 1]; /* empty: the container's init */
	bool wants[LINK_CHANNELS];
	bool framed;
	int signal;
	uint16_t rows, columns;
	struct oci_process *process;
	struct link_files files;
	char *cpuset;	 /* processors of the host, "0-2,7" */
	char **settings; /* files of the guest's cgroup, "cpu.max=max 100000" */
};

/** request_reset() - free what a request holds */
void request_reset(struct request *r);

/**
 * request_parse() - one packet
 *
 * Members that do not belong to the operation are left alone.
 *
 * Return: 0, @ret to be given to request_reset(); -EBADMSG, -EINVAL or -EOPNOTSUPP with a message;
 * -ENOMEM.
 */
int request_parse(const char *text, size_t len, struct request *ret, struct err *err);

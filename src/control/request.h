/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "control/machine-spec.h"
#include "link/files.h"
#include "link/frame.h"
#include "oci/network.h"
#include "oci/process.h"

#define CONTROL_PACKET_MAX (128u << 10)
#define CONTROL_TARGET_MAX 64
#define CONTROL_NAME_MAX   64 /* of a container */

/* One request to moat-shim (docs/CONTROL.md). */
enum control_op {
	/* Of the machine. */
	CONTROL_HOLD,
	CONTROL_REST,
	CONTROL_SHUTDOWN,
	CONTROL_KILL,
	CONTROL_PAUSE,
	CONTROL_RESUME,
	CONTROL_CPUS,
	CONTROL_MEMORY,
	CONTROL_TAP,
	CONTROL_STATUS,
	CONTROL_WATCH,
	/* Of a container. */
	CONTROL_ADD,
	CONTROL_REMOVE,
	CONTROL_ATTACH,
	CONTROL_START,
	CONTROL_EXEC,
	CONTROL_FILES,
	CONTROL_SIGNAL,
	CONTROL_RESIZE,
	CONTROL_STATS,
	CONTROL_TOP,
	CONTROL_LIMITS,
	CONTROL_NETWORK,
	CONTROL_LISTEN,
	CONTROL_CONNECT,
};

/* Descriptors that may come with a request: of CONTROL_ADD the container's folder, and the control
 * socket of its file server; of others one. */
#define CONTROL_FDS_MAX 3

struct control_request {
	enum control_op op;
	char container[CONTROL_NAME_MAX + 1]; /* empty where it is of the machine */
	char target[CONTROL_TARGET_MAX + 1];  /* empty: the container's init */
	bool wants[LINK_CHANNELS];
	bool framed;
	bool keeps_input; /* the end of what the client sends is not the process's end of input */
	const char *detach_keys; /* of a client at a terminal; NULL: the default */
	int signal;
	uint16_t rows, columns;
	bool keeps_log; /* CONTROL_ADD: @log says how much */
	struct log_limits log;
	bool has_secrets; /* CONTROL_ADD: they are in the last descriptor */
	struct oci_process *process;
	struct link_files files;
	char **settings;  /* files of the guest's cgroup, "cpu.max=max 100000" */
	bool has_network; /* CONTROL_ADD: @network is what the machine's is to be */
	struct oci_network network;
	char **hosts;		 /* CONTROL_NETWORK: all lines of /etc/hosts */
	const char *resolv_conf; /* the same: its text; NULL or "": it stays */
	const char *path;	 /* CONTROL_LISTEN: of a socket in the container */
	uint32_t call;		 /* CONTROL_CONNECT: EVENT_CALL's */
	const char *cpuset;	 /* processors of the host, "0-2,7" */
	uint64_t bytes;		 /* CONTROL_MEMORY: what the guest is to have */
	json_t *document;	 /* owned; texts of a request that was read are in there */
};

/** control_request_reset() - free what a request holds that was read */
void control_request_reset(struct control_request *rq);

/**
 * control_request_write() - one packet
 * @rq: borrowed, and all in it
 *
 * Return: owned text; NULL when out of memory.
 */
char *control_request_write(const struct control_request *rq);

/**
 * control_request_read() - one packet
 * @ret: control_request_reset()
 *
 * Members that do not belong to the operation are left alone.
 *
 * Return: 0; -EBADMSG, -EINVAL or -EOPNOTSUPP with a message; -ENOMEM.
 */
int control_request_read(const char *text, size_t len, struct control_request *ret,
			 struct err *err);

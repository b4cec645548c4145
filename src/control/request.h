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

/* Descriptors that may come with a request: with CONTROL_ADD the container's folder, its file
 * server's control socket and its secrets; with others one. */
#define CONTROL_FDS_MAX 3

struct control_request {
	enum control_op op;
	char container[CONTROL_NAME_MAX + 1]; /* empty where the request is about the machine */
	char target[CONTROL_TARGET_MAX + 1];  /* a process; empty: the container's init */
	bool wants[LINK_CHANNELS];
	bool framed;
	bool keeps_input;	 /* the process's input stays open when the client sends no more */
	const char *detach_keys; /* of a client at a terminal; NULL: the default */
	int signal;
	uint16_t rows, columns;
	bool keeps_log; /* CONTROL_ADD: a log is kept, within @log */
	struct log_limits log;
	bool has_secrets; /* CONTROL_ADD: the last descriptor has secrets */
	struct oci_process *process;
	struct link_files files;
	char **settings;  /* files of the guest's cgroup, "cpu.max=max 100000" */
	bool has_network; /* CONTROL_ADD: the machine's network is to be @network */
	struct oci_network network;
	char **hosts;		 /* CONTROL_NETWORK: all lines of /etc/hosts */
	const char *resolv_conf; /* CONTROL_NETWORK: text of the file; NULL or "": unchanged */
	const char *path;	 /* CONTROL_LISTEN: path of a socket in the container */
	uint32_t call;		 /* CONTROL_CONNECT: number that came with EVENT_CALL */
	const char *cpuset;	 /* processors of the host, "0-2,7" */
	uint64_t bytes;		 /* CONTROL_MEMORY: how much memory the guest is to have */
	json_t *document;	 /* owned; holds the texts of a request that was read */
};

/** control_request_reset() - free what control_request_read() allocated */
void control_request_reset(struct control_request *rq);

/**
 * control_request_write() - a request as one packet
 * @rq: borrowed, with all it points to
 *
 * Return: owned text; NULL when out of memory.
 */
char *control_request_write(const struct control_request *rq);

/**
 * control_request_read() - read a request from one packet
 * @ret: control_request_reset()
 *
 * Members that do not belong to the operation are left alone.
 *
 * Return: 0; -EBADMSG, -EINVAL or -EOPNOTSUPP with a message; -ENOMEM.
 */
int control_request_read(const char *text, size_t len, struct control_request *ret,
			 struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/wire.h"

/*
 * Describes a process to be started: the "process" object of the OCI runtime-spec, as a plain
 * structure without JSON, because the guest uses it too (it travels over the guest link).
 */

struct oci_rlimit {
	char *type; /* "RLIMIT_NOFILE" */
	uint64_t soft, hard;
};

struct oci_process {
	char **args; /* at least one */
	char **env;
	char *cwd; /* absolute; made if missing, as docker does */
	/*
	 * The user: "name", "uid", "name:group", "uid:gid" in docker's notation, looked up by the
	 * guest in the container's /etc/passwd and /etc/group; NULL or "" is root.  Travels in
	 * process.user.username of config.json.
	 */
	char *user;
	bool terminal;
	uint16_t rows, cols; /* initial size with a terminal; 0: unknown */
	bool open_stdin;     /* false: stdin is /dev/null */
	bool no_new_privileges;
	uint64_t capabilities; /* bit N: capability N; all bounding, root has them effective too */
	struct oci_rlimit *rlimits;
	size_t n_rlimits;
};

/** oci_process_free() - NULL is accepted */
void oci_process_free(struct oci_process *p);

/** oci_process_put() - append the payload of SPAWN (docs/LINK.md): the fields in the order of the
 * structure.  Return: 0; -ENOMEM. */
int oci_process_put(struct buf *b, const struct oci_process *p);

/** oci_process_get() - read the payload of SPAWN.  @ret: owned.  Return: 0; -EBADMSG; -ENOMEM. */
int oci_process_get(struct wire_view *v, struct oci_process **ret);

DEFINE_CLEANUP(struct oci_process, oci_process_free)
#define cleanup_oci_process cleanup(oci_process_free_cleanup_fn)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "oci/options.h"
#include "oci/process.h"

/*
 * The OCI runtime-spec's config.json: what moatd writes for moat-shim, and what moat-runtime
 * will get from podman and containerd.  Only what moat acts on is read; the rest is left alone.
 */

#define OCI_RUNTIME_VERSION "1.0.2"

struct oci_runtime {
	struct oci_process *process;
	char *hostname;
	char *rootfs_path;	/* root.path: for moat the EROFS file of the image, absolute */
	bool rootfs_readonly;	/* root.readonly: no writable layer */
	char **masked_paths;	/* linux.maskedPaths */
	char **readonly_paths;	/* linux.readonlyPaths */
	int64_t memory_bytes;	/* linux.resources.memory.limit; 0: none */
	int64_t cpu_quota_usec; /* linux.resources.cpu.quota; 0: none */
	uint64_t cpu_period_usec;
	int64_t pids_max;	    /* linux.resources.pids.limit; 0: none */
	struct oci_options options; /* without a filter: that is to be compiled from @seccomp */
	json_t *seccomp;	    /* linux.seccomp; NULL: none */
};

/** oci_runtime_parse() - read a config.json.  @ret: owned.  Return: 0; -EBADMSG or -ENOMEM with a
 * message. */
int oci_runtime_parse(const char *text, size_t len, struct oci_runtime **ret, struct err *err);
void oci_runtime_free(struct oci_runtime *rt);

/** oci_runtime_write() - write a config.json; owned text; NULL when out of memory */
char *oci_runtime_write(const struct oci_runtime *rt);

DEFINE_CLEANUP(struct oci_runtime, oci_runtime_free)
#define cleanup_oci_runtime cleanup(oci_runtime_free_cleanup_fn)

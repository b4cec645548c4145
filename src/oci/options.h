/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"
#include "oci/mounts.h"
#include "oci/secrets.h"

/*
 * The rarer options: everything that a container can ask for beside its root, its limits and its
 * process.  A plain structure without JSON, because the guest uses it too (it travels over the
 * guest link).  `struct oci_options o = { 0 };` is valid and asks for nothing.
 */

#define OCI_SOCKETS_MAX 16u

struct oci_tmpfs {
	char *path;	/* absolute */
	uint64_t flags; /* of mount(2) */
	char *data;	/* "size=64m,mode=755" */
};

struct oci_options {
	bool init; /* put a PID 1 before the command that reaps processes and passes signals on */
	bool privileged; /* with all devices of the machine, and a writable /sys */
	int32_t oom_score_adj;
	char *domainname;  /* NULL or "": none */
	char **groups;	   /* by name or number; every process is in them, beside the user's own */
	char **sysctls;	   /* "net.ipv4.ip_forward=1" */
	char **cgroup;	   /* further limits of the cgroup: "cpu.weight=39" */
	char **hosts;	   /* lines for /etc/hosts */
	char **sockets;	   /* paths of sockets that lead to the host */
	char *resolv_conf; /* mounted over /etc/resolv.conf; NULL or "": the image's stays */
	struct oci_tmpfs *tmpfs;
	size_t n_tmpfs;
	struct oci_mounts mounts;
	struct oci_secrets secrets; /* never in config.json, so that they are on no disk */
	struct buf seccomp;	    /* a filter: an array of struct sock_filter; empty: none */
};

/** oci_options_reset() - free what options hold */
void oci_options_reset(struct oci_options *o);

/** oci_options_is_empty() - do the options ask for nothing? */
bool oci_options_is_empty(const struct oci_options *o);

/** oci_options_put() - append the options of CONTAINER (docs/LINK.md).  Return: 0; -ENOMEM. */
int oci_options_put(struct buf *b, const struct oci_options *o);

/**
 * oci_options_get() - read the options of CONTAINER; the whole payload must be used up
 * @ret: oci_options_reset(); untouched on failure
 *
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int oci_options_get(struct wire_view payload, struct oci_options *ret);

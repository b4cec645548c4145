/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/wire.h"

/*
 * Payloads of the guest link's messages (docs/LINK.md), but for SPAWN, which is oci/process.h.
 * Every _get takes the whole payload and refuses one that is not used up.
 */

#define LINK_KERNEL_MAX 64

struct link_hello {
	uint32_t version;
	char kernel[LINK_KERNEL_MAX + 1]; /* release; control characters are replaced */
	uint64_t boot_usec;
};

struct link_machine {
	int64_t clock_nsec;	  /* wall clock since 1970 */
	struct wire_view entropy; /* borrowed: from the caller, or from the payload */
};

#define LINK_SLOTS 13 /* pairs of disks that can have names of one letter */

struct link_container {
	uint8_t slot; /* the image is disk 2 * slot, the writable layer the next one */
	char *hostname;
	bool root_readonly;    /* the writable layer is not used */
	uint64_t memory_bytes; /* this and the limits below: 0 is no limit */
	int64_t cpu_quota_usec;
	uint64_t cpu_period_usec; /* 0: the kernel's default */
	int64_t pids_max;
	char **masked_paths;
	char **readonly_paths;
	struct wire_view options; /* struct oci_options, or nothing; borrowed like entropy */
};

struct link_exited {
	uint32_t code;
	uint32_t signal; /* that killed it; 0: exited by itself, with code */
	bool oom;	 /* a process of the container was killed for want of memory while it ran */
};

/** link_hello_put() - append the payload of HELLO; a longer release is cut.  Return: 0; -ENOMEM. */
int link_hello_put(struct buf *b, const struct link_hello *h);

/** link_hello_get() - read the payload of HELLO, of any version.  Return: 0; -EBADMSG. */
int link_hello_get(struct wire_view payload, struct link_hello *ret);

/** link_machine_put() - append the payload of MACHINE.  Return: 0; -ENOMEM. */
int link_machine_put(struct buf *b, const struct link_machine *m);

/** link_machine_get() - read the payload of MACHINE.  Return: 0; -EBADMSG. */
int link_machine_get(struct wire_view payload, struct link_machine *ret);

/** link_container_put() - append the payload of CONTAINER.  Return: 0; -ENOMEM. */
int link_container_put(struct buf *b, const struct link_container *c);

/**
 * link_container_get() - read the payload of CONTAINER
 * @ret: strings and vectors owned, link_container_reset(); untouched on failure
 *
 * Return: 0; -EBADMSG; -ENOMEM.
 */
int link_container_get(struct wire_view payload, struct link_container *ret);

/** link_container_reset() - free what link_container_get() filled in */
void link_container_reset(struct link_container *c);

/** link_exited_put() - append the payload of EXITED.  Return: 0; -ENOMEM. */
int link_exited_put(struct buf *b, const struct link_exited *e);

/** link_exited_get() - read the payload of EXITED; code and signal are in the range of wait(2).
 * Return: 0; -EBADMSG. */
int link_exited_get(struct wire_view payload, struct link_exited *ret);

/** link_failed_put() - append the payload of FAILED.  Return: 0; -ENOMEM. */
int link_failed_put(struct buf *b, const struct err *err);

/**
 * link_failed_get() - read the payload of FAILED
 * @ret: a negative errno and one line of text; control characters are replaced
 *
 * Return: 0; -EBADMSG.
 */
int link_failed_get(struct wire_view payload, struct err *ret);

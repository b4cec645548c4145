/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define DEVICES_MAX 256u /* file systems with numbers of their own; all others share one */

/* The file systems of the host that shares lead to, by st_dev. */
struct device {
	uint64_t dev;
	uint32_t number;
	uint64_t fsid;
	bool has_fsid;
	bool is_remote; /* over a network, or of another server: it may be slow, and change unseen
			 */
};

struct devices {
	pthread_mutex_t lock;
	struct device list[DEVICES_MAX];
	uint32_t n;
};

void devices_init(struct devices *t);

/** devices_number() - number a file system; 0 is the first that was asked for */
uint32_t devices_number(struct devices *t, uint64_t dev);

/** devices_get() - get what is known of a file system.  @fd: of a file on it, O_PATH will do.
 * @ret: a copy.  Return: 0; -errno of fstatfs(2). */
int devices_get(struct devices *t, uint64_t dev, int fd, struct device *ret);

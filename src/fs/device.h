/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define DEVICES_MAX 256u /* file systems that are told apart; those beyond share a number */

/* The file systems of the host's that shares lead into, by st_dev. */
struct device {
	uint64_t dev;
	uint32_t number;
	uint64_t fsid;
	bool has_fsid;
	bool is_remote; /* over a network, or another server: it may be slow, and change unseen */
};

struct devices {
	pthread_mutex_t lock;
	struct device list[DEVICES_MAX];
	uint32_t n;
};

void devices_init(struct devices *t);

/** devices_number() - 0 for the first one that was asked for */
uint32_t devices_number(struct devices *t, uint64_t dev);

/** devices_get() - @fd: of a file on it, O_PATH will do.  @ret: a copy.  Return: 0; -errno of
 * fstatfs(2). */
int devices_get(struct devices *t, uint64_t dev, int fd, struct device *ret);

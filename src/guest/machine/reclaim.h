/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

struct machine;
struct source;

/* A RECLAIM that is being carried out. */
struct reclaim {
	struct source *timer; /* NULL before the first one */
	uint64_t left_bytes;
};

/** reclaim_begin() - have the kernel drop all containers' cached files, a piece now and the rest
 * soon.  Return: 0; -errno. */
int reclaim_begin(struct machine *m);

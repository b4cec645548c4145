/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

struct machine;
struct source;

/* What RECLAIM asked for, and is being done. */
struct reclaim {
	struct source *timer; /* NULL before the first one */
	uint64_t left_bytes;
};

/** reclaim_begin() - have the kernel drop what it has cached of files for all containers, some of
 * it now and the rest soon.  Return: 0; -errno. */
int reclaim_begin(struct machine *m);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Memory that is taken in small pieces and given back all at once, up to a limit.
 */
struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	size_t left; /* bytes free in the newest chunk */
	uint64_t used;
	uint64_t limit;
};

/** arena_init() - an empty arena that hands out at most @limit bytes */
void arena_init(struct arena *a, uint64_t limit);

/** arena_reset() - give everything back */
void arena_reset(struct arena *a);

/**
 * arena_alloc() - zeroed memory, aligned for any type
 *
 * Return: borrowed from the arena; NULL when out of memory or over the limit (arena_is_full()).
 */
void *arena_alloc(struct arena *a, size_t len);

/** arena_errno() - why the last arena_alloc() failed.  Return: -EDQUOT over the limit; -ENOMEM. */
int arena_errno(const struct arena *a);

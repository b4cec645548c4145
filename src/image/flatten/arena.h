/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Memory that is taken in small pieces and given back all at once.  Several arenas, also of several
 * threads, can share a limit.
 */
struct arena_chunk;

struct arena_budget {
	_Atomic uint64_t used;
	uint64_t limit;
};

struct arena {
	struct arena_chunk *chunks;
	size_t left; /* bytes free in the newest chunk */
	uint64_t used;
	struct arena_budget *budget; /* borrowed */
};

/** arena_init() - make an empty arena; its memory counts against @budget */
void arena_init(struct arena *a, struct arena_budget *budget);

/** arena_reset() - free all memory, and take it off the budget */
void arena_reset(struct arena *a);

/** arena_absorb() - take over the memory of another arena of the same budget, which is empty
 * after */
void arena_absorb(struct arena *a, struct arena *from);

/**
 * arena_alloc() - get zeroed memory, aligned for any type
 *
 * Return: borrowed from the arena; NULL when out of memory or over the limit (arena_errno()).
 */
void *arena_alloc(struct arena *a, size_t len);

/** arena_text() - copy a string.  Return: as arena_alloc(). */
char *arena_text(struct arena *a, const char *s);

/** arena_errno() - tell why the last arena_alloc() failed.  Return: -EDQUOT over the limit;
 * -ENOMEM. */
int arena_errno(const struct arena *a);

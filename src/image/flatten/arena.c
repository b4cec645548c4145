/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/arena.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

#define CHUNK_BYTES KIB(256)
#define ALIGNMENT   sizeof(uint64_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t len;
	uint64_t data[];
};

void arena_init(struct arena *a, struct arena_budget *budget)
{
	*a = (struct arena){ .budget = budget };
}

void arena_reset(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	if (a->budget)
		a->budget->used -= a->used;
	arena_init(a, a->budget);
}

void arena_absorb(struct arena *a, struct arena *from)
{
	struct arena_chunk **end = &from->chunks;

	while (*end)
		end = &(*end)->next;
	*end = a->chunks;
	if (from->chunks) {
		a->chunks = from->chunks;
		a->left = from->left;
	}
	a->used += from->used;
	arena_init(from, from->budget);
}

static int add_chunk(struct arena *a, size_t len)
{
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + len);

	if (!chunk)
		return -ENOMEM;
	chunk->len = len;
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->left = len;
	return 0;
}

/* Counts @len against the limit, and keeps it counted when over: arena_errno() knows by that. */
static bool charge_arena(struct arena *a, uint64_t len)
{
	a->used += len;
	a->budget->used += len;
	return a->budget->used <= a->budget->limit;
}

void *arena_alloc(struct arena *a, size_t len)
{
	void *p;

	if (len > SIZE_MAX / 2 || len > a->budget->limit) {
		(void)charge_arena(a, a->budget->limit + 1);
		return NULL;
	}
	len = (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!charge_arena(a, len))
		return NULL;
	if (len > a->left && add_chunk(a, len > CHUNK_BYTES ? len : CHUNK_BYTES) < 0)
		return NULL;
	p = (char *)a->chunks->data + (a->chunks->len - a->left);
	a->left -= len;
	return p;
}

char *arena_text(struct arena *a, const char *s)
{
	char *copy = arena_alloc(a, strlen(s) + 1);

	return copy ? strcpy(copy, s) : NULL;
}

int arena_errno(const struct arena *a)
{
	return a->budget->used > a->budget->limit ? -EDQUOT : -ENOMEM;
}

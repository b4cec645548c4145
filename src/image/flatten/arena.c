/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/arena.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/macro.h"

#define CHUNK_BYTES MIB(1)
#define ALIGNMENT   sizeof(uint64_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t len;
	uint64_t data[];
};

void arena_init(struct arena *a, uint64_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_reset(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	arena_init(a, a->limit);
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

void *arena_alloc(struct arena *a, size_t len)
{
	void *p;

	if (len > SIZE_MAX / 2 || len > a->limit) {
		a->used = a->limit + 1;
		return NULL;
	}
	len = (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	a->used += len;
	if (a->used > a->limit)
		return NULL;
	if (len > a->left && add_chunk(a, len > CHUNK_BYTES ? len : CHUNK_BYTES) < 0)
		return NULL;
	p = (char *)a->chunks->data + (a->chunks->len - a->left);
	a->left -= len;
	return p;
}

int arena_errno(const struct arena *a)
{
	return a->used > a->limit ? -EDQUOT : -ENOMEM;
}

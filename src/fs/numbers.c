/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/numbers.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_FIRST 64

void numbers_reset(struct numbers *t)
{
	free(t->slots);
	*t = (struct numbers){ .max = t->max };
}

static int grow_slots(struct numbers *t)
{
	size_t n = t->n_slots ? 2 * t->n_slots : SLOTS_FIRST;
	struct number_slot *wider = reallocarray(t->slots, n, sizeof(*wider));

	if (!wider)
		return -ENOMEM;
	for (size_t i = n; i-- > t->n_slots;) {
		wider[i] = (struct number_slot){ .next_free = t->free };
		t->free = (uint32_t)i + 1;
	}
	t->slots = wider;
	t->n_slots = n;
	return 0;
}

int numbers_add(struct numbers *t, void *item, uint64_t *ret)
{
	struct number_slot *slot;
	uint32_t index;
	int r = 0;

	if (t->n_used >= t->max)
		return -ENFILE;
	if (!t->free)
		r = grow_slots(t);
	if (r < 0)
		return r;
	index = t->free - 1;
	slot = &t->slots[index];
	slot->item = item;
	t->free = slot->next_free;
	t->n_used++;
	*ret = (uint64_t)slot->generation << 32 | index;
	return 0;
}

void *numbers_find(const struct numbers *t, uint64_t number)
{
	size_t index = number & UINT32_MAX;

	if (index >= t->n_slots || t->slots[index].generation != number >> 32)
		return NULL;
	return t->slots[index].item;
}

void numbers_remove(struct numbers *t, uint64_t number)
{
	uint32_t index = (uint32_t)number;
	struct number_slot *slot = &t->slots[index];

	slot->item = NULL;
	slot->generation++;
	slot->next_free = t->free;
	t->free = index + 1;
	t->n_used--;
}

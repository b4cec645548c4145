/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers that a guest is given for things of the server's.  One that was taken back leads nowhere,
 * also when its place has been given to something else.  `struct numbers n = { .max = 10 };` is a
 * valid empty one.
 */

struct number_slot {
	void *item;
	uint32_t generation;
	uint32_t next_free;
};

struct numbers {
	struct number_slot *slots;
	size_t n_slots, n_used, max;
	uint32_t free; /* 1 + index; 0: none */
};

void numbers_reset(struct numbers *t);

/** numbers_add() - Return: 0; -ENFILE where @max have one; -ENOMEM. */
int numbers_add(struct numbers *t, void *item, uint64_t *ret);

/** numbers_find() - NULL where nothing has that number */
void *numbers_find(const struct numbers *t, uint64_t number);

/** numbers_remove() - one that is there */
void numbers_remove(struct numbers *t, uint64_t number);

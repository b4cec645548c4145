/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers that a guest is given for objects of the server's.  A number that was taken back leads
 * nowhere, even when its place has another object.  `struct numbers n = { .max = 10 };` is a valid
 * empty table.
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

/** numbers_add() - give an object a number.  Return: 0; -ENFILE where @max have one; -ENOMEM. */
int numbers_add(struct numbers *t, void *item, uint64_t *ret);

/** numbers_find() - find an object by its number; NULL where there is none */
void *numbers_find(const struct numbers *t, uint64_t number);

/** numbers_remove() - take back a number that is in use */
void numbers_remove(struct numbers *t, uint64_t number);

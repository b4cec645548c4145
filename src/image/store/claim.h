/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/image.h"

/* Claims let one thread at a time fetch a blob or flatten an image; the others wait, and then find
 * it done. */
struct claim {
	const char *key; /* borrowed */
	struct claim *next;
};

/** claim_take() - take a claim, after waiting until nobody else has @key.
 * Return: 0; -ECANCELED. */
int claim_take(struct store *st, struct claim *c, const char *key, const struct progress *p);
/** claim_try() - take a claim if nobody has it.  Return: was it taken? */
bool claim_try(struct store *st, struct claim *c, const char *key);
void claim_release(struct store *st, struct claim *c);

/* Work under way.  The garbage collection keeps what the work has pinned, also without an image
 * that refers to it. */
struct work {
	struct store *st;
	struct digest *pins;
	size_t n_pins;
	struct work *next;
};

void work_begin(struct work *w, struct store *st);
/** work_pin() - keep blobs, and the EROFS file, of this digest until work_end().  Return: 0;
 * -ENOMEM. */
int work_pin(struct work *w, const struct digest *d);
/** work_pin_locked() - as work_pin(), with the store's lock held */
int work_pin_locked(struct work *w, const struct digest *d);
void work_end(struct work *w);

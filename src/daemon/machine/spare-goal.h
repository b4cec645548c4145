/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"

/*
 * How many spare machines to keep: one more whenever a start that follows another finds none, one
 * less for each minute in which no start followed another.
 */

#define SPARES_MAX	 64u
#define SPARE_ROW_USEC	 (2 * USEC_PER_SEC)  /* starts are in a row up to this far apart */
#define SPARE_DECAY_USEC (60 * USEC_PER_SEC) /* without starts in a row: one less */

struct spare_bounds {
	unsigned least, most; /* @least <= @most <= SPARES_MAX; 0 and 0: no spares */
};

struct spare_goal {
	struct spare_bounds bounds;
	unsigned extra;	     /* above the least */
	uint64_t start_usec; /* when the last start came; 0: there was none */
	uint64_t row_usec;   /* when the last start in a row came, or @extra was reduced */
};

/** spare_bounds_default() - one, and up to four where the host has memory for them */
struct spare_bounds spare_bounds_default(void);

/**
 * spare_bounds_parse() - "2" (always two) or "1-4"
 * @what: where the text came from, for the message
 *
 * Return: 0; -EINVAL with a message.
 */
int spare_bounds_parse(const char *text, const char *what, struct spare_bounds *ret,
		       struct err *err);

/** spare_goal_set() - begin with the least number */
void spare_goal_set(struct spare_goal *g, struct spare_bounds bounds);

/** spare_goal_start() - note a start; @found: a spare machine was ready for it */
void spare_goal_start(struct spare_goal *g, bool found, uint64_t now_usec);

/** spare_goal_in_a_row() - did the last start follow another one, and may the next one follow it?
 */
bool spare_goal_in_a_row(const struct spare_goal *g, uint64_t now_usec);

/** spare_goal_now() - how many spares to keep now */
unsigned spare_goal_now(struct spare_goal *g, uint64_t now_usec);

/** spare_goal_next() - when that number will fall without another start; UINT64_MAX: never */
uint64_t spare_goal_next(const struct spare_goal *g);

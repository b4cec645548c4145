/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What long work says of a part of it, which is a line on a client's terminal. */
struct report {
	const char *id; /* of the part; NULL: of the whole */
	const char *status;
	uint64_t current_bytes, total_bytes; /* 0: not known */
};

/* The lines that there are, each with what was said of it last. */
struct lines {
	struct line *first;
};

#define LINES_NEVER UINT64_MAX

/**
 * lines_report() - take in what is reported
 * @now_usec: of the clock that lines_next() and lines_take() are asked with, too
 *
 * Return: it is to be said now; false: it waits for its time, or for one that replaces it.
 */
bool lines_report(struct lines *all, const struct report *r, uint64_t now_usec);

/** lines_next() - when the first of those that wait is due.  Return: LINES_NEVER: none waits. */
uint64_t lines_next(const struct lines *all);

/** lines_take() - one that is due, to be said now.  @ret: its texts are borrowed until the next
 * report.  Return: there is one. */
bool lines_take(struct lines *all, uint64_t now_usec, struct report *ret);

/** lines_reset() - forget all, and free it */
void lines_reset(struct lines *all);

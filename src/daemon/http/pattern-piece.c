/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a pattern: runs of steps that are copied and joined.  All work here adds steps, so
 * their limit bounds it. */
#include "daemon/http/pattern-piece.h"

#include <errno.h>
#include <string.h>

#include "daemon/http/pattern-inner.h"

/* Makes room for @n steps at @at. */
static int make_room(struct pattern *p, size_t at, size_t n, struct err *err)
{
	if (n > PATTERN_MAX_STEPS - p->n)
		return err_set(err, -E2BIG, "more than %u steps with the repetitions written out",
			       PATTERN_MAX_STEPS);
	memmove(p->steps + at + n, p->steps + at, (p->n - at) * sizeof(*p->steps));
	p->n += n;
	return 0;
}

int piece_insert(struct pattern *p, size_t at, const struct step *step, struct err *err)
{
	int r = make_room(p, at, 1, err);

	if (r == 0)
		p->steps[at] = *step;
	return r;
}

static int insert_jump(struct pattern *p, size_t at, enum op op, int to, struct err *err)
{
	const struct step step = { .op = op, .to = to };

	return piece_insert(p, at, &step, err);
}

/* Repeats the piece from @from to the end @times times. */
static int repeat_piece(struct pattern *p, size_t from, uint32_t times, struct err *err)
{
	size_t len = p->n - from;
	int r = 0;

	for (uint32_t i = 1; i < times && r == 0; i++) {
		size_t at = p->n;

		r = make_room(p, at, len, err);
		if (r == 0)
			memcpy(p->steps + at, p->steps + from, len * sizeof(*p->steps));
	}
	return r;
}

/* Repeats the piece from @from to the end @min times or more. */
static int repeat_endless(struct pattern *p, size_t from, uint32_t min, struct err *err)
{
	int len = (int)(p->n - from);
	int r;

	if (min > 0) {
		r = repeat_piece(p, from, min, err);
		return r < 0 ? r : insert_jump(p, p->n, OP_SPLIT, -len, err);
	}
	r = insert_jump(p, p->n, OP_JUMP, -len - 1, err);
	return r < 0 ? r : insert_jump(p, from, OP_SPLIT, len + 2, err);
}

int piece_repeat(struct pattern *p, size_t from, uint32_t min, uint32_t max, struct err *err)
{
	size_t len = p->n - from;
	int r;

	if (min > PATTERN_MAX_REPEAT || (max != ENDLESS && max > PATTERN_MAX_REPEAT))
		return err_set(err, -E2BIG, "something is repeated more than %u times",
			       PATTERN_MAX_REPEAT);
	if (max < min)
		return err_set(err, -EINVAL, "a repetition whose end is before its begin");
	if (max == ENDLESS)
		return repeat_endless(p, from, min, err);
	if (max == 0)
		p->n = from;
	r = repeat_piece(p, from, max, err);
	/* Each repetition beyond @min may be skipped; skips are inserted from the last one on. */
	for (uint32_t i = max; i > min && r == 0; i--)
		r = insert_jump(p, from + (i - 1) * len, OP_SPLIT, (int)len + 1, err);
	return r;
}

int piece_choice(struct pattern *p, size_t from, size_t second, struct err *err)
{
	int r = make_room(p, second, 1, err);

	if (r < 0)
		return r;
	/* split to second; first; jump over second; second */
	p->steps[second] = (struct step){ .op = OP_JUMP, .to = (int)(p->n - second) };
	return insert_jump(p, from, OP_SPLIT, (int)(second - from) + 2, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A pattern is compiled to steps: take a byte of a set, go on in two places,
 * jump, be at the beginning or the end.  A piece of a pattern is a run of steps with relative
 * jumps, entered at its first step and left behind its last, so that a repetition is the run
 * copied, and a choice one shifted.  To match is to hold, at each byte, the set of steps where the
 * pattern can be: at most as many as there are steps, each once.
 *
 * Clients control pattern and text.  The parser calls itself for groups, to a fixed depth.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/http/pattern-inner.h"
#include "daemon/http/pattern-parse.h"
#include "daemon/http/pattern-piece.h"

struct pattern *pattern_new(void)
{
	return calloc(1, sizeof(struct pattern));
}

void pattern_free(struct pattern *p)
{
	free(p);
}

int pattern_add(struct pattern *p, const char *text, struct err *err)
{
	size_t before = p->n;
	int r = pattern_parse(p, text, err);

	if (r == 0 && p->any)
		r = piece_choice(p, 0, before, err);
	if (r < 0)
		p->n = before;
	else
		p->any = true;
	return r;
}

static void front_add(struct front *f, size_t step)
{
	if (f->in[step])
		return;
	f->in[step] = true;
	f->list[f->n++] = (uint16_t)step;
}

/* Goes on from every step of a front; @c is the text's byte there.  Return: is the end reached? */
static bool advance_front(const struct pattern *p, struct front *now, struct front *next,
			  const char *text, const char *c)
{
	for (size_t i = 0; i < now->n; i++) {
		size_t at = now->list[i];
		const struct step *s = p->steps + at;

		if (at == p->n)
			return true;
		if (s->op == OP_SPLIT || s->op == OP_JUMP)
			front_add(now, (size_t)((ssize_t)at + s->to));
		if (s->op == OP_SPLIT || (s->op == OP_BEGIN && c == text) ||
		    (s->op == OP_END && !*c))
			front_add(now, at + 1);
		if (s->op == OP_BYTE && *c && set_has(&s->set, (unsigned char)*c))
			front_add(next, at + 1);
	}
	return false;
}

bool pattern_fits(struct pattern *p, const char *text)
{
	struct front *now = &p->fronts[0], *next = &p->fronts[1];

	if (!p->any)
		return false;
	memset(p->fronts, 0, sizeof(p->fronts));
	for (const char *c = text;; c++) {
		struct front *swap = now;

		front_add(now, 0);
		if (advance_front(p, now, next, text, c))
			return true;
		if (!*c)
			return false;
		now = next;
		next = swap;
		memset(next, 0, sizeof(*next));
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a pattern's text into steps, by recursive descent; groups are nested to a fixed depth. */
#include "daemon/http/pattern-parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "daemon/http/pattern-inner.h"
#include "daemon/http/pattern-piece.h"

struct parser {
	struct pattern *p;
	const char *at;
	unsigned depth;
	bool any_case;
	struct err *err;
};

static int parse_choice(struct parser *ps);

static void set_add(struct set *s, unsigned char c)
{
	s->bits[c / 8] |= (uint8_t)(1u << (c % 8));
}

static void set_invert(struct set *s)
{
	for (size_t i = 0; i < sizeof(s->bits); i++)
		s->bits[i] = (uint8_t)~s->bits[i];
}

static void set_add_class(struct set *s, int (*is)(int c), const char *more)
{
	for (int c = 0; c < 128; c++)
		if (is(c))
			set_add(s, (unsigned char)c);
	for (; *more; more++)
		set_add(s, (unsigned char)*more);
}

/* Adds the other case of each letter. */
static void set_fold(struct set *s)
{
	for (unsigned char c = 'a'; c <= 'z'; c++) {
		unsigned char upper = (unsigned char)(c - 'a' + 'A');

		if (set_has(s, c))
			set_add(s, upper);
		if (set_has(s, upper))
			set_add(s, c);
	}
}

static int add_set(struct parser *ps, const struct set *set)
{
	struct step step = { .op = OP_BYTE, .set = *set };

	if (ps->any_case)
		set_fold(&step.set);
	return piece_insert(ps->p, ps->p->n, &step, ps->err);
}

/* Reads \d and the like; a punctuation mark stands for itself. */
static int read_escape(struct parser *ps, struct set *set)
{
	char c = *ps->at;
	char lower = (char)tolower((unsigned char)c);

	if (c == '\0')
		return err_set(ps->err, -EINVAL, "a backslash at the end");
	ps->at++;
	if (!isalnum((unsigned char)c)) {
		set_add(set, (unsigned char)c);
		return 0;
	}
	if (lower == 'd')
		set_add_class(set, isdigit, "");
	else if (lower == 'w')
		set_add_class(set, isalnum, "_");
	else if (lower == 's')
		set_add_class(set, isspace, "");
	else
		return err_set(ps->err, -EINVAL, "unknown \\%c", c);
	if (c != lower)
		set_invert(set);
	return 0;
}

/* Reads [:alpha:] within brackets.  Return: 1; 0 when there is none here; -EINVAL. */
static int read_class(struct parser *ps, struct set *set)
{
	static const struct {
		const char *name;
		int (*is)(int c);
	} classes[] = {
		{ "[:alnum:]", isalnum }, { "[:alpha:]", isalpha },   { "[:digit:]", isdigit },
		{ "[:lower:]", islower }, { "[:upper:]", isupper },   { "[:space:]", isspace },
		{ "[:punct:]", ispunct }, { "[:xdigit:]", isxdigit },
	};

	if (ps->at[0] != '[' || ps->at[1] != ':')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const char *rest = str_starts(ps->at, classes[i].name);

		if (!rest)
			continue;
		ps->at = rest;
		set_add_class(set, classes[i].is, "");
		return 1;
	}
	return err_set(ps->err, -EINVAL, "unknown class in brackets");
}

/* Reads a character, a range or an escape of a bracket expression. */
static int read_range(struct parser *ps, struct set *set)
{
	unsigned char first = (unsigned char)*ps->at, last = first;
	int r = read_class(ps, set);

	if (r != 0)
		return r < 0 ? r : 0;
	ps->at++;
	if (first == '\\')
		return read_escape(ps, set);
	if (ps->at[0] == '-' && ps->at[1] && ps->at[1] != ']') {
		last = (unsigned char)ps->at[1];
		ps->at += 2;
	}
	if (last < first)
		return err_set(ps->err, -EINVAL, "a range whose end is before its begin");
	for (unsigned c = first; c <= last; c++)
		set_add(set, (unsigned char)c);
	return 0;
}

static int parse_brackets(struct parser *ps)
{
	struct set set = { 0 };
	bool inverted = *ps->at == '^';
	const char *begin;

	ps->at += inverted;
	begin = ps->at;
	while (*ps->at && (*ps->at != ']' || ps->at == begin)) {
		int r = read_range(ps, &set);

		if (r < 0)
			return r;
	}
	if (!*ps->at)
		return err_set(ps->err, -EINVAL, "a bracket that is not closed");
	ps->at++;
	if (ps->any_case)
		set_fold(&set);
	if (inverted)
		set_invert(&set);
	return add_set(ps, &set);
}

/* Reads flags behind "(?".  "(?i)" holds to the end of the group around it. */
static int read_flags(struct parser *ps, bool *ret_group)
{
	if (*ps->at == 'i') {
		ps->any_case = true;
		ps->at++;
	}
	*ret_group = *ps->at == ':';
	if (*ps->at != ':' && *ps->at != ')')
		return err_set(ps->err, -EINVAL, "unknown flag behind \"(?\"");
	ps->at++;
	return 0;
}

static int parse_group(struct parser *ps)
{
	bool outer = ps->any_case, group = true;
	int r = 0;

	if (*ps->at == '?') {
		ps->at++;
		r = read_flags(ps, &group);
		if (r < 0 || !group)
			return r;
	}
	if (++ps->depth > PATTERN_MAX_DEPTH)
		return err_set(ps->err, -E2BIG, "more than %u groups in each other",
			       PATTERN_MAX_DEPTH);
	r = parse_choice(ps);
	if (r == 0 && *ps->at != ')')
		r = err_set(ps->err, -EINVAL, "a group that is not closed");
	if (r < 0)
		return r;
	ps->at++;
	ps->depth--;
	ps->any_case = outer;
	return 0;
}

static int parse_atom(struct parser *ps)
{
	unsigned char c = (unsigned char)*ps->at++;
	struct set set = { 0 };
	int r = 0;

	switch (c) {
	case '(':
		return parse_group(ps);
	case '[':
		return parse_brackets(ps);
	case '^':
	case '$':
		return piece_insert(ps->p, ps->p->n,
				    &(struct step){ .op = c == '^' ? OP_BEGIN : OP_END }, ps->err);
	case '*':
	case '+':
	case '?':
		return err_set(ps->err, -EINVAL, "nothing before \"%c\" to repeat", c);
	case '.':
		set_add(&set, '\n');
		set_invert(&set);
		break;
	case '\\':
		r = read_escape(ps, &set);
		break;
	default:
		set_add(&set, c);
	}
	return r < 0 ? r : add_set(ps, &set);
}

/* Reads a number.  One that is far too large becomes the smallest that is too large. */
static uint32_t read_count(const char **at)
{
	char *end;
	unsigned long n = strtoul(*at, &end, 10);

	*at = end;
	return n > PATTERN_MAX_REPEAT ? PATTERN_MAX_REPEAT + 1 : (uint32_t)n;
}

/* Reads {2}, {2,} or {2,5}; other braces stand for themselves, as in RE2.  Return: is it a count?
 */
static bool read_counts(const char **at, uint32_t *ret_min, uint32_t *ret_max)
{
	const char *p = *at + 1;

	if (**at != '{' || !isdigit((unsigned char)*p))
		return false;
	*ret_min = read_count(&p);
	*ret_max = *ret_min;
	if (*p == ',') {
		p++;
		*ret_max = isdigit((unsigned char)*p) ? read_count(&p) : ENDLESS;
	}
	if (*p != '}')
		return false;
	*at = p + 1;
	return true;
}

static bool read_repeat(struct parser *ps, uint32_t *ret_min, uint32_t *ret_max)
{
	char c = *ps->at;

	if (c == '*' || c == '+' || c == '?') {
		*ret_min = c == '+' ? 1 : 0;
		*ret_max = c == '?' ? 1 : ENDLESS;
		ps->at++;
	} else if (!read_counts(&ps->at, ret_min, ret_max)) {
		return false;
	}
	ps->at += *ps->at == '?'; /* lazy */
	return true;
}

static int parse_sequence(struct parser *ps)
{
	while (*ps->at && *ps->at != '|' && *ps->at != ')') {
		size_t from = ps->p->n;
		uint32_t min, max;
		int r = parse_atom(ps);

		if (r == 0 && read_repeat(ps, &min, &max))
			r = piece_repeat(ps->p, from, min, max, ps->err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_choice(struct parser *ps)
{
	size_t from = ps->p->n;
	int r = parse_sequence(ps);

	while (r == 0 && *ps->at == '|') {
		size_t second = ps->p->n;

		ps->at++;
		r = parse_sequence(ps);
		if (r == 0)
			r = piece_choice(ps->p, from, second, ps->err);
	}
	return r;
}

int pattern_parse(struct pattern *p, const char *text, struct err *err)
{
	struct parser ps = { .p = p, .at = text, .err = err };
	int r;

	if (strlen(text) > PATTERN_MAX_BYTES)
		return err_set(err, -E2BIG, "more than %u characters", PATTERN_MAX_BYTES);
	r = parse_choice(&ps);
	return r == 0 && *ps.at ? err_set(err, -EINVAL, "a \")\" without its begin") : r;
}

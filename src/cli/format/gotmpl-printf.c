/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/gotmpl-printf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/format/gotmpl-funcs.h"

#define WIDTH_MAX 1000

/* The part of "%-10.3s" between the percent sign and the verb. */
struct verb {
	bool left, zeros, plus;
	int width, precision; /* precision -1: none given */
	char letter;
};

static int wrong_format(struct err *err, const char *what)
{
	return err_set(err, -EINVAL, "template: printf: %s", what);
}

static const char *read_number(const char *s, int *ret)
{
	*ret = 0;
	for (; isdigit((unsigned char)*s); s++)
		*ret = *ret < WIDTH_MAX ? *ret * 10 + (*s - '0') : WIDTH_MAX;
	return s;
}

/* @s: behind the percent sign.  Return: behind the verb. */
static const char *read_verb(const char *s, struct verb *ret)
{
	*ret = (struct verb){ .precision = -1 };
	for (; *s && strchr("-0+", *s); s++) {
		ret->left |= *s == '-';
		ret->zeros |= *s == '0';
		ret->plus |= *s == '+';
	}
	s = read_number(s, &ret->width);
	if (*s == '.')
		s = read_number(s + 1, &ret->precision);
	ret->letter = *s;
	return *s ? s + 1 : s;
}

static int put_text(struct buf *out, const struct verb *v, const char *text, struct err *err)
{
	int precision = v->precision < 0 ? (int)strlen(text) : v->precision;
	int r = buf_addf(out, v->left ? "%-*.*s" : "%*.*s", v->width, precision, text);

	return r < 0 ? err_nomem(err) : 0;
}

static int print_digits(const struct verb *v, const json_t *arg, char *ret, size_t size,
			struct err *err)
{
	int precision = v->precision < 0 || v->precision > 64 ? 6 : v->precision;

	if (v->letter == 'f' && json_is_number(arg))
		snprintf(ret, size, "%.*f", precision, json_number_value(arg));
	else if (v->letter == 'd' && json_is_integer(arg))
		snprintf(ret, size, "%lld", (long long)json_integer_value(arg));
	else if (v->letter == 'x' && json_is_integer(arg))
		snprintf(ret, size, "%llx", (long long)json_integer_value(arg));
	else
		return wrong_format(err, "%d, %x and %f take a number");
	return 0;
}

/* Appends sign, zeros where the width asks for them, and digits. */
static int put_number(struct buf *out, const struct verb *v, const json_t *arg, struct err *err)
{
	struct verb whole = { .left = v->left, .width = v->width, .precision = -1 };
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char digits[400];
	bool negative;
	int r = print_digits(v, arg, digits, sizeof(digits), err);

	if (r < 0)
		return r;
	negative = *digits == '-';
	r = buf_adds(&text, negative ? "-" : v->plus ? "+" : "");
	while (r == 0 && v->zeros && !v->left &&
	       text.len + strlen(digits + negative) < (size_t)v->width)
		r = buf_adds(&text, "0");
	if (r == 0)
		r = buf_adds(&text, digits + negative);
	return r < 0 ? err_nomem(err) : put_text(out, &whole, text.data, err);
}

static int put_value(struct buf *out, const struct verb *v, const json_t *arg, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_free char *quoted = NULL;

	switch (v->letter) {
	case 's':
	case 'v':
	case 't':
		if (gotmpl_print(&text, arg) < 0 || buf_adds(&text, "") < 0)
			return err_nomem(err);
		return put_text(out, v, text.data, err);
	case 'q':
		quoted = json_dumps(arg, JSON_ENCODE_ANY);
		return quoted ? put_text(out, v, quoted, err) : err_nomem(err);
	case 'd':
	case 'f':
	case 'x':
		return put_number(out, v, arg, err);
	default:
		return wrong_format(err, "it knows %s, %v, %t, %q, %d, %x, %f and %%");
	}
}

int gotmpl_printf(const struct call *c, json_t **ret, struct err *err)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	const char *s = json_string_value(c->args[0]);
	size_t next = 1;
	int r = 0;

	if (!s)
		return wrong_format(err, "takes a string first");
	while (r == 0 && *s) {
		size_t plain = strcspn(s, "%");
		struct verb v;

		if (buf_add(&out, s, plain) < 0)
			return err_nomem(err);
		s += plain;
		if (!*s)
			break;
		s = read_verb(s + 1, &v);
		if (v.letter == '%')
			r = buf_adds(&out, "%") < 0 ? err_nomem(err) : 0;
		else if (next >= c->n)
			return wrong_format(err, "more verbs than values");
		else
			r = put_value(&out, &v, c->args[next++], err);
	}
	if (r < 0)
		return r;
	if (next < c->n)
		return wrong_format(err, "more values than verbs");
	*ret = json_stringn(out.data ? out.data : "", out.len);
	return *ret ? 0 : err_nomem(err);
}

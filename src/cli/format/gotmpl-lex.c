/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/gotmpl-lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format/gotmpl-inner.h"

void *gotmpl_alloc(struct gotmpl *t, size_t size)
{
	void **pool = reallocarray(t->pool, t->n_pool + 1, sizeof(*pool));
	void *p;

	if (!pool)
		return NULL;
	t->pool = pool;
	p = calloc(1, size);
	if (p)
		pool[t->n_pool++] = p;
	return p;
}

char *gotmpl_text(struct gotmpl *t, const char *s, size_t len)
{
	char *copy = gotmpl_alloc(t, len + 1);

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static int finish_token(struct lexer *l, struct token *tok, enum token_kind kind, const char *start,
			struct err *err)
{
	tok->kind = kind;
	tok->text = gotmpl_text(l->tmpl, start, (size_t)(l->at - start));
	return tok->text ? 0 : err_nomem(err);
}

static int unescape_character(char c, char *ret)
{
	static const char letters[] = "ntr\"\\'a", bytes[] = "\n\t\r\"\\'\a";
	const char *p = c ? strchr(letters, c) : NULL;

	if (!p)
		return -EINVAL;
	*ret = bytes[p - letters];
	return 0;
}

/* "…" with escapes, or `…` without. */
static int lex_string(struct lexer *l, struct token *tok, struct err *err)
{
	char quote = *l->at++, *out = gotmpl_text(l->tmpl, l->at, (size_t)(l->end - l->at));

	if (!out)
		return err_nomem(err);
	tok->kind = TOKEN_STRING;
	tok->text = out;
	for (; l->at < l->end && *l->at != quote; l->at++) {
		*out = *l->at;
		if (quote == '"' && *l->at == '\\' &&
		    (++l->at == l->end || unescape_character(*l->at, out) < 0))
			return err_set(err, -EINVAL, "template: unknown escape in a string");
		out++;
	}
	if (l->at == l->end)
		return err_set(err, -EINVAL, "template: a string does not end");
	l->at++;
	*out = '\0';
	return 0;
}

static void skip_word(struct lexer *l)
{
	while (l->at < l->end && is_word(*l->at))
		l->at++;
}

static int lex_number(struct lexer *l, struct token *tok, struct err *err)
{
	const char *start = l->at++;

	while (l->at < l->end && (isdigit((unsigned char)*l->at) || *l->at == '.'))
		l->at++;
	return finish_token(l, tok, TOKEN_NUMBER, start, err);
}

static int lex_dot(struct lexer *l, struct token *tok, struct err *err)
{
	const char *start = ++l->at;

	skip_word(l);
	return finish_token(l, tok, l->at == start ? TOKEN_DOT : TOKEN_FIELD, start, err);
}

static int lex_sign(struct lexer *l, struct token *tok, struct err *err)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} signs[] = {
		{ ":=", TOKEN_DECLARE }, { "|", TOKEN_PIPE },  { ",", TOKEN_COMMA },
		{ "(", TOKEN_OPEN },	 { ")", TOKEN_CLOSE },
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i].text);

		if ((size_t)(l->end - l->at) < n || strncmp(l->at, signs[i].text, n) != 0)
			continue;
		l->at += n;
		tok->kind = signs[i].kind;
		return 0;
	}
	return err_set(err, -EINVAL, "template: unexpected \"%c\" in an action", *l->at);
}

int gotmpl_lex(struct lexer *l, struct token *ret, struct err *err)
{
	const char *start = l->at;
	bool number;

	while (l->at < l->end && isspace((unsigned char)*l->at))
		l->at++;
	*ret = (struct token){ .kind = TOKEN_END, .spaced = l->at > start };
	if (l->at == l->end)
		return 0;
	start = l->at;
	number = isdigit((unsigned char)*start) ||
		 ((*start == '-' || *start == '+') && start + 1 < l->end &&
		  isdigit((unsigned char)start[1]));
	if (*start == '"' || *start == '`')
		return lex_string(l, ret, err);
	if (number)
		return lex_number(l, ret, err);
	if (*start == '.')
		return lex_dot(l, ret, err);
	if (*start == '$' || is_word(*start)) {
		l->at++;
		skip_word(l);
		return finish_token(l, ret, *start == '$' ? TOKEN_VARIABLE : TOKEN_WORD, start,
				    err);
	}
	return lex_sign(l, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl-inner.h"

enum token_kind {
	TOKEN_END, /* of the action */
	TOKEN_DOT,
	TOKEN_FIELD,	/* ".Name", text without the dot */
	TOKEN_VARIABLE, /* "$name", text with the dollar */
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_DECLARE, /* := */
	TOKEN_PIPE,
	TOKEN_COMMA,
	TOKEN_OPEN,
	TOKEN_CLOSE,
};

struct token {
	enum token_kind kind;
	char *text;  /* in the template's pool; NULL where the kind says all */
	bool spaced; /* a blank stands in front of it */
};

/* Where the lexer stands in an action's text. */
struct lexer {
	struct gotmpl *tmpl;
	const char *at, *end;
};

/** gotmpl_alloc() - zeroed memory that lives as long as the template; NULL when out of memory */
void *gotmpl_alloc(struct gotmpl *t, size_t size);

/** gotmpl_text() - a copy of @len bytes in the pool; NULL when out of memory */
char *gotmpl_text(struct gotmpl *t, const char *s, size_t len);

/** gotmpl_lex() - read the next token of an action.  Return: 0; -EINVAL or -ENOMEM with a message.
 */
int gotmpl_lex(struct lexer *l, struct token *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl.h"

/* The parsed template: what gotmpl-parse.c makes and gotmpl-run.c walks.  All of it lies in the
 * template's pool. */

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
	char *text;  /* pool; NULL where the kind says all */
	bool spaced; /* a blank was before it */
};

/* Where the lexer stands in an action's text. */
struct lexer {
	struct gotmpl *tmpl;
	const char *at, *end;
};

enum operand_kind { OPERAND_DOT, OPERAND_VARIABLE, OPERAND_CONSTANT, OPERAND_CALL, OPERAND_PIPE };

struct pipeline;

struct operand {
	struct operand *next;
	enum operand_kind kind;
	const char *name; /* of a variable or function */
	json_t *value;	  /* of a constant; the template's */
	struct pipeline *pipe;
	struct field *fields; /* looked up one after the other */
};

struct field {
	struct field *next;
	const char *name;
};

struct command_node {
	struct command_node *next;
	struct operand *operands;
};

struct pipeline {
	const char *names[2]; /* variables it declares: "$key", "$value" of range, or "$x" */
	size_t n_names;
	struct command_node *commands;
};

enum node_kind { NODE_TEXT, NODE_ACTION, NODE_IF, NODE_WITH, NODE_RANGE };

struct node {
	struct node *next;
	enum node_kind kind;
	const char *text;
	size_t len;
	struct pipeline *pipe;
	struct node *body, *otherwise;
};

struct gotmpl {
	struct node *nodes;
	void **pool;
	size_t n_pool;
	json_t *constants; /* array */
};

/** gotmpl_alloc() - zeroed memory that lives as long as the template; NULL when out of memory */
void *gotmpl_alloc(struct gotmpl *t, size_t size);

/** gotmpl_text() - a copy of @len bytes in the pool; NULL when out of memory */
char *gotmpl_text(struct gotmpl *t, const char *s, size_t len);

/** gotmpl_lex() - the next token of an action.  Return: 0; -EINVAL or -ENOMEM with a message. */
int gotmpl_lex(struct lexer *l, struct token *ret, struct err *err);

/**
 * gotmpl_parse_pipeline() - read a pipeline up to the end of the action
 * @l: behind the keyword, if there was one
 */
int gotmpl_parse_pipeline(struct lexer *l, struct pipeline **ret, struct err *err);

/* A function's arguments, and where its result goes. */
struct call {
	const char *name;
	json_t *const *args;
	size_t n;
	bool headers;
};

/** gotmpl_call() - @ret: a new reference.  Return: 0; -EINVAL or -ENOMEM with a message. */
int gotmpl_call(const struct call *c, json_t **ret, struct err *err);

/** gotmpl_printf() - the function printf: %s %v %t %q %d %x %f with flags, width and precision.
 * Return: as gotmpl_call(). */
int gotmpl_printf(const struct call *c, json_t **ret, struct err *err);

/** gotmpl_is_function() - is there one of this name? */
bool gotmpl_is_function(const char *name);

/** gotmpl_is_true() - as if sees it: not false, 0, "", empty or nothing */
bool gotmpl_is_true(const json_t *v);

/** gotmpl_keys() - of a map, in the order in which Go goes through it; ends with NULL.  Return: an
 * array of keys that are the map's, owned; NULL when out of memory. */
const char **gotmpl_keys(const json_t *obj);

/** gotmpl_print() - a value as Go prints it.  Return: 0; -ENOMEM. */
int gotmpl_print(struct buf *out, const json_t *v);

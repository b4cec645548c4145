/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What stands in an action, by recursive descent with one token of
 * look-ahead:
 *
 *   pipeline := [ "$x" [ "," "$y" ] ":=" ] command { "|" command }
 *   command  := operand { operand }
 *   operand  := ( "." | ".Field" | "$x" | constant | function | "(" pipeline ")" ) { ".Field" }
 *
 * where only a field that follows without a blank continues an operand.
 */
#include "cli/format/gotmpl-pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/format/gotmpl-funcs.h"
#include "cli/format/gotmpl-inner.h"
#include "cli/format/gotmpl-lex.h"
#include "cli/format/gotmpl-parse.h"

struct parser {
	struct lexer *lex;
	struct gotmpl *tmpl;
	struct token tok; /* the next one, not taken yet */
	unsigned depth;
};

static int parse_pipeline(struct parser *p, struct pipeline **ret, struct err *err);

static int next_token(struct parser *p, struct err *err)
{
	return gotmpl_lex(p->lex, &p->tok, err);
}

static int parse_fields(struct parser *p, struct field **tail, struct err *err)
{
	int r = 0;

	while (r == 0 && p->tok.kind == TOKEN_FIELD && !p->tok.spaced) {
		struct field *f = gotmpl_alloc(p->tmpl, sizeof(*f));

		if (!f)
			return err_nomem(err);
		f->name = p->tok.text;
		*tail = f;
		tail = &f->next;
		r = next_token(p, err);
	}
	return r;
}

static int set_constant(struct parser *p, struct operand *o, json_t *value, struct err *err)
{
	o->kind = OPERAND_CONSTANT;
	o->value = value;
	return json_array_append_new(p->tmpl->constants, value) < 0 ? err_nomem(err) : 0;
}

static int parse_number(struct parser *p, struct operand *o, struct err *err)
{
	const char *text = p->tok.text;
	char *end;
	double real = strtod(text, &end);

	if (*end)
		return err_set(err, -EINVAL, "template: \"%s\" is no number", text);
	return set_constant(
		p, o, strchr(text, '.') ? json_real(real) : json_integer(strtoll(text, NULL, 10)),
		err);
}

static int parse_word(struct parser *p, struct operand *o, struct err *err)
{
	const char *name = p->tok.text;

	if (streq(name, "true") || streq(name, "false"))
		return set_constant(p, o, json_boolean(streq(name, "true")), err);
	if (streq(name, "nil"))
		return set_constant(p, o, json_null(), err);
	if (!gotmpl_is_function(name))
		return err_set(err, -EINVAL, "template: no function \"%s\"", name);
	o->kind = OPERAND_CALL;
	o->name = name;
	return 0;
}

static int parse_parenthesis(struct parser *p, struct operand *o, struct err *err)
{
	int r;

	o->kind = OPERAND_PIPE;
	if (p->depth++ >= GOTMPL_DEPTH_MAX)
		return err_set(err, -EINVAL, "template: too many parentheses");
	r = next_token(p, err);
	if (r == 0)
		r = parse_pipeline(p, &o->pipe, err);
	p->depth--;
	if (r == 0 && p->tok.kind != TOKEN_CLOSE)
		return err_set(err, -EINVAL, "template: a parenthesis is not closed");
	return r;
}

/* @ret: NULL when no operand begins here */
static int parse_operand(struct parser *p, struct operand **ret, struct err *err)
{
	struct operand *o;
	int r = 0;

	*ret = NULL;
	if (p->tok.kind == TOKEN_END || p->tok.kind == TOKEN_PIPE || p->tok.kind == TOKEN_CLOSE)
		return 0;
	o = gotmpl_alloc(p->tmpl, sizeof(*o));
	if (!o)
		return err_nomem(err);
	*ret = o;
	switch (p->tok.kind) {
	case TOKEN_FIELD: /* of the dot: taken by parse_fields() */
		o->kind = OPERAND_DOT;
		p->tok.spaced = false;
		return parse_fields(p, &o->fields, err);
	case TOKEN_DOT:
		o->kind = OPERAND_DOT;
		break;
	case TOKEN_VARIABLE:
		o->kind = OPERAND_VARIABLE;
		o->name = p->tok.text;
		break;
	case TOKEN_STRING:
		r = set_constant(p, o, json_string(p->tok.text), err);
		break;
	case TOKEN_NUMBER:
		r = parse_number(p, o, err);
		break;
	case TOKEN_WORD:
		r = parse_word(p, o, err);
		break;
	case TOKEN_OPEN:
		r = parse_parenthesis(p, o, err);
		break;
	default:
		return err_set(err, -EINVAL, "template: unexpected sign in an action");
	}
	if (r == 0)
		r = next_token(p, err);
	return r < 0 ? r : parse_fields(p, &o->fields, err);
}

static int parse_command(struct parser *p, struct command_node **ret, struct err *err)
{
	struct command_node *c = gotmpl_alloc(p->tmpl, sizeof(*c));
	struct operand **tail;
	int r;

	if (!c)
		return err_nomem(err);
	*ret = c;
	tail = &c->operands;
	do {
		r = parse_operand(p, tail, err);
		if (r < 0 || !*tail)
			break;
		tail = &(*tail)->next;
	} while (true);
	if (r == 0 && !c->operands)
		return err_set(err, -EINVAL, "template: an action or a part of a pipe is empty");
	return r;
}

/* "$x :=", "$k, $v :=": only looking ahead tells these from an operand. */
static int parse_declarations(struct parser *p, struct pipeline *pl, struct err *err)
{
	const struct lexer start = *p->lex;
	const struct token first = p->tok;
	int r = 0;

	while (r == 0 && p->tok.kind == TOKEN_VARIABLE && pl->n_names < 2) {
		pl->names[pl->n_names++] = p->tok.text;
		r = next_token(p, err);
		if (r == 0 && p->tok.kind == TOKEN_DECLARE)
			return next_token(p, err);
		if (r == 0 && p->tok.kind == TOKEN_COMMA)
			r = next_token(p, err);
	}
	*p->lex = start;
	p->tok = first;
	pl->n_names = 0;
	return r;
}

static int parse_pipeline(struct parser *p, struct pipeline **ret, struct err *err)
{
	struct pipeline *pl = gotmpl_alloc(p->tmpl, sizeof(*pl));
	struct command_node **tail;
	int r = pl ? parse_declarations(p, pl, err) : err_nomem(err);

	if (r < 0)
		return r;
	*ret = pl;
	tail = &pl->commands;
	r = parse_command(p, tail, err);
	while (r == 0 && p->tok.kind == TOKEN_PIPE) {
		tail = &(*tail)->next;
		r = next_token(p, err);
		if (r == 0)
			r = parse_command(p, tail, err);
	}
	return r;
}

int gotmpl_parse_pipeline(struct lexer *l, struct pipeline **ret, struct err *err)
{
	struct parser p = { .lex = l, .tmpl = l->tmpl };
	int r = next_token(&p, err);

	if (r == 0)
		r = parse_pipeline(&p, ret, err);
	if (r == 0 && p.tok.kind != TOKEN_END)
		return err_set(err, -EINVAL, "template: unexpected sign in an action");
	return r;
}

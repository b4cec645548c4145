/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The text is cut at "{{" and "}}".  A stack of open blocks says where the
 * next node belongs; "else if" opens a block inside the else part that the same "end" closes.
 */
#include "cli/format/gotmpl-parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "cli/format/gotmpl-inner.h"
#include "cli/format/gotmpl-lex.h"
#include "cli/format/gotmpl-pipeline.h"

struct block {
	struct node *node;
	bool in_else, chained; /* chained: an "else if", closed with the block around it */
};

struct reader {
	struct gotmpl *tmpl;
	const char *at;
	struct node **tail;
	struct block open[GOTMPL_DEPTH_MAX];
	size_t n_open;
};

/* Return: NULL when out of memory. */
static struct node *add_node(struct reader *rd, enum node_kind kind)
{
	struct node *n = gotmpl_alloc(rd->tmpl, sizeof(*n));

	if (!n)
		return NULL;
	n->kind = kind;
	*rd->tail = n;
	rd->tail = &n->next;
	return n;
}

static int add_text(struct reader *rd, const char *s, size_t len, struct err *err)
{
	struct node *n;

	if (len == 0)
		return 0;
	n = add_node(rd, NODE_TEXT);
	if (!n || !(n->text = gotmpl_text(rd->tmpl, s, len)))
		return err_nomem(err);
	n->len = len;
	return 0;
}

static int open_block(struct reader *rd, enum node_kind kind, struct lexer *l, bool chained,
		      struct err *err)
{
	struct node *n;
	int r;

	if (rd->n_open == ARRAY_SIZE(rd->open))
		return err_set(err, -EINVAL, "template: blocks are nested too deep");
	n = add_node(rd, kind);
	r = n ? gotmpl_parse_pipeline(l, &n->pipe, err) : err_nomem(err);
	if (r < 0)
		return r;
	rd->open[rd->n_open++] = (struct block){ .node = n, .chained = chained };
	rd->tail = &n->body;
	return 0;
}

static int nothing_follows(struct lexer *l, const char *word, struct err *err)
{
	struct token tok;
	int r = gotmpl_lex(l, &tok, err);

	if (r == 0 && tok.kind != TOKEN_END)
		return err_set(err, -EINVAL, "template: nothing can follow {{%s", word);
	return r;
}

static int do_else(struct reader *rd, struct lexer *l, struct err *err)
{
	struct block *b = rd->n_open ? &rd->open[rd->n_open - 1] : NULL;
	struct lexer ahead = *l;
	struct token tok;
	int r;

	if (!b || b->in_else)
		return err_set(err, -EINVAL, "template: {{else}} without {{if}}");
	b->in_else = true;
	rd->tail = &b->node->otherwise;
	r = gotmpl_lex(&ahead, &tok, err);
	if (r < 0)
		return r;
	if (tok.kind == TOKEN_WORD && streq(tok.text, "if"))
		return open_block(rd, NODE_IF, &ahead, true, err);
	return nothing_follows(l, "else", err);
}

static int do_end(struct reader *rd, struct lexer *l, struct err *err)
{
	bool chained = true;

	if (rd->n_open == 0)
		return err_set(err, -EINVAL, "template: {{end}} without {{if}} or {{range}}");
	while (chained && rd->n_open > 0) {
		const struct block *b = &rd->open[--rd->n_open];

		chained = b->chained;
		rd->tail = &b->node->next;
	}
	return nothing_follows(l, "end", err);
}

static int parse_action(struct reader *rd, const char *start, size_t len, struct err *err)
{
	static const struct {
		const char *word;
		enum node_kind kind;
	} blocks[] = { { "if", NODE_IF }, { "with", NODE_WITH }, { "range", NODE_RANGE } };
	struct lexer l = { .tmpl = rd->tmpl, .at = start, .end = start + len }, ahead = l;
	struct token tok;
	struct node *n;
	int r = gotmpl_lex(&ahead, &tok, err);

	if (r < 0)
		return r;
	for (size_t i = 0; tok.kind == TOKEN_WORD && i < ARRAY_SIZE(blocks); i++)
		if (streq(tok.text, blocks[i].word))
			return open_block(rd, blocks[i].kind, &ahead, false, err);
	if (tok.kind == TOKEN_WORD && streq(tok.text, "else"))
		return do_else(rd, &ahead, err);
	if (tok.kind == TOKEN_WORD && streq(tok.text, "end"))
		return do_end(rd, &ahead, err);
	n = add_node(rd, NODE_ACTION);
	return n ? gotmpl_parse_pipeline(&l, &n->pipe, err) : err_nomem(err);
}

/* Finds the end of an action: "}}" outside of strings.  Return: NULL when there is none. */
static const char *find_end(const char *s)
{
	char quote = 0;

	if (str_starts(s, "/*")) {
		s = strstr(s, "*/");
		return s ? strstr(s, "}}") : NULL;
	}
	for (; *s; s++) {
		if (!quote && s[0] == '}' && s[1] == '}')
			return s;
		if (quote == '"' && s[0] == '\\' && s[1])
			s++;
		else if (quote && *s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '`'))
			quote = *s;
	}
	return NULL;
}

static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

/* Reads an action; "{{- x -}}" also drops the blanks around it. */
static int read_action(struct reader *rd, struct err *err)
{
	const char *start = rd->at + 2, *end;
	size_t len;

	if (start[0] == '-' && is_blank(start[1]))
		start++;
	while (is_blank(*start))
		start++;
	end = find_end(start);
	if (!end)
		return err_set(err, -EINVAL, "template: an action does not end with }}");
	rd->at = end + 2;
	len = (size_t)(end - start);
	if (len > 1 && end[-1] == '-' && is_blank(end[-2])) {
		len--;
		while (is_blank(*rd->at))
			rd->at++;
	}
	return str_starts(start, "/*") ? 0 : parse_action(rd, start, len, err);
}

static int read_text(struct reader *rd, struct err *err)
{
	const char *next = strstr(rd->at, "{{"), *start = rd->at;
	size_t len = next ? (size_t)(next - start) : strlen(start);

	rd->at += len;
	if (next && next[2] == '-' && is_blank(next[3]))
		while (len > 0 && is_blank(start[len - 1]))
			len--;
	return add_text(rd, start, len, err);
}

int gotmpl_parse(const char *text, struct gotmpl **ret, struct err *err)
{
	cleanup_gotmpl struct gotmpl *t = calloc(1, sizeof(*t));
	struct reader rd = { .tmpl = t, .at = text };
	int r = 0;

	if (!t || !(t->constants = json_array()))
		return err_nomem(err);
	rd.tail = &t->nodes;
	while (r == 0 && *rd.at)
		r = str_starts(rd.at, "{{") ? read_action(&rd, err) : read_text(&rd, err);
	if (r == 0 && rd.n_open > 0)
		return err_set(err, -EINVAL, "template: {{end}} is missing");
	if (r == 0)
		*ret = take_ptr(t);
	return r;
}

void gotmpl_free(struct gotmpl *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_pool; i++)
		free(t->pool[i]);
	free(t->pool);
	json_decref(t->constants);
	free(t);
}

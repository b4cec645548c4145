/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A table has columns of text.  So has one that a template makes: a row is
 * the template's output cut at its tabs, and its first line the output over the fields' titles.
 */
#include "cli/format/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cli/format/columns.h"
#include "cli/format/gotmpl-run.h"
#include "cli/format/shape.h"

#define FIELDS_MAX 32u

struct listing {
	const struct listing_kind *kind;
	struct shape shape;
	bool quiet;
	bool shown[FIELDS_MAX];
	char **titles; /* of the table's columns */
	size_t n_titles;
	struct columns *table; /* from the first row on */
};

int listing_new(const struct cli *c, const struct listing_kind *kind, struct listing **ret,
		struct err *err)
{
	cleanup_listing struct listing *l = calloc(1, sizeof(*l));
	int r = l ? shape_option(c, &l->shape, err) : err_nomem(err);

	if (r < 0)
		return r;
	l->kind = kind;
	l->quiet = kind->id && options_flag(&c->opt, "quiet") && !l->shape.tmpl;
	for (size_t i = 0; kind->fields[i].name; i++)
		l->shown[i] = kind->fields[i].shown;
	*ret = take_ptr(l);
	return 0;
}

void listing_free(struct listing *l)
{
	if (!l)
		return;
	columns_free(l->table);
	strv_free(l->titles);
	shape_reset(&l->shape);
	free(l);
}

void listing_show(struct listing *l, const char *field, bool shown)
{
	for (size_t i = 0; l->kind->fields[i].name; i++)
		if (streq(l->kind->fields[i].name, field))
			l->shown[i] = shown;
}

bool listing_quiet(const struct listing *l)
{
	return l->quiet;
}

bool listing_is_table(const struct listing *l)
{
	return !l->quiet && (l->shape.kind == SHAPE_TABLE || l->shape.kind == SHAPE_TABLE_TEMPLATE);
}

/* Cuts a line of a template's output into cells at tabs. */
static int cut_cells(char *line, char ***ret)
{
	for (char *cell = line, *tab; cell; cell = tab) {
		tab = strchr(cell, '\t');
		if (tab)
			*tab++ = '\0';
		if (strv_add(ret, cell) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int render_row(struct listing *l, const struct gotmpl_data *data, char ***ret,
		      struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = shape_render(&l->shape, data, &text, err);

	if (r == 0 && buf_adds(&text, "") == 0)
		r = cut_cells(text.data, ret);
	return r == -ENOMEM ? err_nomem(err) : r;
}

static int add_title(struct listing *l, const struct listing_field *f)
{
	return strv_add(&l->titles, f->title);
}

static int template_titles(struct listing *l, struct err *err)
{
	cleanup_json json_t *titles = json_object();
	const struct gotmpl_data data = { .dot = titles, .headers = true };

	for (const struct listing_field *f = l->kind->fields; f->name; f++)
		if (json_object_set_new(titles, f->name, json_string(f->title)) < 0)
			return err_nomem(err);
	return render_row(l, &data, &l->titles, err);
}

static int begin_table(struct listing *l, struct err *err)
{
	int r = 0;

	if (l->shape.tmpl)
		r = template_titles(l, err);
	for (size_t i = 0; r == 0 && !l->shape.tmpl && l->kind->fields[i].name; i++)
		if (l->shown[i] && add_title(l, &l->kind->fields[i]) < 0)
			r = err_nomem(err);
	l->n_titles = strv_len(l->titles);
	if (r == 0 && l->n_titles > FIELDS_MAX)
		return err_set(err, -EINVAL, "template: more than %u columns", FIELDS_MAX);
	return r < 0 ? r : columns_new((const char *const *)l->titles, &l->table, err);
}

static int add_cells(struct listing *l, char **cells, struct err *err)
{
	const char *row[FIELDS_MAX] = { 0 };

	/* A template may make more or fewer cells of a row than of the titles: missing cells are
	 * empty. */
	for (size_t i = 0; i < l->n_titles && i < FIELDS_MAX && cells && cells[i]; i++)
		row[i] = cells[i];
	return columns_add(l->table, row, err);
}

static int add_to_table(struct listing *l, json_t *row, const json_t *methods, struct err *err)
{
	const struct gotmpl_data data = { .dot = row, .methods = methods };
	cleanup_strv char **cells = NULL;
	int r = l->table ? 0 : begin_table(l, err);

	if (r == 0 && l->shape.tmpl)
		r = render_row(l, &data, &cells, err);
	for (size_t i = 0; r == 0 && !l->shape.tmpl && l->kind->fields[i].name; i++)
		if (l->shown[i] && strv_add(&cells, cli_str(row, l->kind->fields[i].name)) < 0)
			r = err_nomem(err);
	return r < 0 ? r : add_cells(l, cells, err);
}

int listing_add(struct listing *l, json_t *row, const json_t *methods, struct err *err)
{
	cleanup_json json_t *owned = row;

	if (!owned)
		return err_nomem(err);
	if (l->quiet) {
		puts(cli_str(owned, l->kind->id));
		return 0;
	}
	if (listing_is_table(l))
		return add_to_table(l, owned, methods, err);
	return shape_print_item(&l->shape, owned, methods, err);
}

int listing_print(struct listing *l, struct err *err)
{
	int r = 0;

	if (!listing_is_table(l))
		return 0;
	if (!l->table)
		r = begin_table(l, err);
	return r < 0 ? r : columns_print(l->table, err);
}

int listing_command(struct cli *c, const struct listing_kind *kind, const char *path,
		    const char *member, struct err *err)
{
	bool full = options_flag(&c->opt, "no-trunc");
	cleanup_listing struct listing *l = NULL;
	cleanup_json json_t *answer = NULL;
	const json_t *list, *item;
	size_t i;
	int r = listing_new(c, kind, &l, err);

	if (r == 0)
		r = cli_get(c, path, member ? JSON_OBJECT : JSON_ARRAY, &answer, err);
	list = member ? json_object_get(answer, member) : answer;
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = listing_add(l, kind->row(item, full || !listing_is_table(l)), NULL,
					err);
	}
	return r < 0 ? r : listing_print(l, err);
}

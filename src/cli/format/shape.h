/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"
#include "cli/format/gotmpl-run.h"

/* The format that --format asks for. */

enum shape_kind {
	SHAPE_TABLE, /* the command's own output, without --format */
	SHAPE_JSON,
	SHAPE_YAML,
	SHAPE_TEMPLATE,
	SHAPE_TABLE_TEMPLATE, /* "table {{…}}": columns between tabs */
};

struct shape {
	enum shape_kind kind;
	struct gotmpl *tmpl;
};

/**
 * shape_parse() - read a format
 * @text: table, json, yaml, a template, or table and a template; NULL is table
 * @ret:  shape_reset() when done
 *
 * As docker does it, \t and \n stand for a tab and the end of a line.
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int shape_parse(const char *text, struct shape *ret, struct err *err);

/** shape_option() - read the command's --format.  Return: as shape_parse(). */
int shape_option(const struct cli *c, struct shape *ret, struct err *err);

/** shape_reset() - free what shape_parse() made */
void shape_reset(struct shape *s);

/** shape_render() - append a template's output over a value.  Return: as gotmpl_run(). */
int shape_render(const struct shape *s, const struct gotmpl_data *data, struct buf *out,
		 struct err *err);

/** shape_print() - print a value in any format but table.  Return: 0; -EINVAL with a message;
 * -ENOMEM. */
int shape_print(const struct shape *s, json_t *value, struct err *err);

/** shape_print_item() - as shape_print(), for one value of several: in YAML an item of a list.
 * @methods: as in struct gotmpl_data. */
int shape_print_item(const struct shape *s, json_t *value, const json_t *methods, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
/* moat top */
#include <errno.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/columns.h"
#include "cli/format/shape.h"

#define COLUMNS_MAX 64u

static const char *text_at(const json_t *list, size_t i)
{
	const char *s = json_string_value(json_array_get(list, i));

	return s ? s : "";
}

static int show_processes(const json_t *answer, struct err *err)
{
	const json_t *titles = json_object_get(answer, "Titles"), *row;
	const char *cells[COLUMNS_MAX + 1] = { 0 };
	cleanup_columns struct columns *t = NULL;
	size_t n = json_array_size(titles), i;
	int r;

	if (n == 0 || n > COLUMNS_MAX)
		return err_set(err, -EBADMSG, "moatd's answer has no columns");
	for (i = 0; i < n; i++)
		cells[i] = text_at(titles, i);
	r = columns_new(cells, &t, err);
	json_array_foreach (json_object_get(answer, "Processes"), i, row) {
		const char *values[COLUMNS_MAX];

		for (size_t k = 0; k < n; k++)
			values[k] = text_at(row, k);
		if (r == 0)
			r = columns_add(t, values, err);
	}
	return r < 0 ? r : columns_print(t, err);
}

/* Adds the words after the container, which are options of ps. */
static int add_options(const struct cli *c, struct buf *path, struct err *err)
{
	cleanup(buf_reset) struct buf args = BUF_INIT;

	for (size_t i = 1; i < c->opt.n_args; i++)
		if (buf_addf(&args, "%s%s", i > 1 ? " " : "", c->opt.args[i]) < 0)
			return err_nomem(err);
	return cli_query(path, "ps_args", args.data, err);
}

int command_top(struct cli *c, struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	int r = shape_option(c, &shape, err);

	if (r == 0)
		r = cli_path(&path, "containers", c->opt.args[0], "top", err);
	if (r == 0)
		r = add_options(c, &path, err);
	if (r == 0)
		r = cli_get(c, path.data, JSON_OBJECT, &answer, err);
	if (r == 0)
		r = shape.kind == SHAPE_TABLE ? show_processes(answer, err)
					      : shape_print(&shape, answer, err);
	return r;
}

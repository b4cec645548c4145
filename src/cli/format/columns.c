/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/columns.h"

#include <libsmartcols.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

struct columns {
	struct libscols_table *table;
	const char *const *headers; /* borrowed */
	size_t n;
};

int columns_new(const char *const *headers, struct columns **ret, struct err *err)
{
	cleanup_columns struct columns *t = calloc(1, sizeof(*t));

	if (!t)
		return err_nomem(err);
	/* Widths count characters, and unprintable ones are shown as \xNN. */
	(void)setlocale(LC_CTYPE, "");
	t->table = scols_new_table();
	if (!t->table || scols_table_set_column_separator(t->table, "   ") < 0 ||
	    scols_table_set_termforce(t->table, SCOLS_TERMFORCE_NEVER) < 0)
		return err_nomem(err);
	t->headers = headers;
	for (; headers[t->n]; t->n++)
		if (!scols_table_new_column(t->table, headers[t->n], 0, 0))
			return err_nomem(err);
	*ret = take_ptr(t);
	return 0;
}

void columns_free(struct columns *t)
{
	if (!t)
		return;
	scols_unref_table(t->table);
	free(t);
}

int columns_add(struct columns *t, const char *const *cells, struct err *err)
{
	struct libscols_line *line = scols_table_new_line(t->table, NULL);

	if (!line)
		return err_nomem(err);
	for (size_t i = 0; i < t->n; i++)
		if (scols_line_set_data(line, i, cells[i]) < 0)
			return err_nomem(err);
	return 0;
}

int columns_print(struct columns *t, struct err *err)
{
	int r;

	/* smartcols prints nothing at all for an empty table. */
	if (scols_table_get_nlines(t->table) == 0) {
		for (size_t i = 0; i < t->n; i++)
			printf("%s%s", i ? "   " : "", t->headers[i]);
		putchar('\n');
		return 0;
	}
	r = scols_print_table(t->table);
	return r < 0 ? err_errno(err, r, "print a table") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/record.h"

/*
 * Theory of operation: the table of images in memory mirrors index.json.  To change it, the table
 * is copied (records are shared by reference), copies of records are edited, and the table is
 * committed: index.json is replaced atomically, and only then the new table takes the old one's
 * place.  A failed write or a kill at any point leaves the old state, in memory and on disk.
 */

int table_copy(const struct table *from, struct table *ret)
{
	struct record **records = calloc(from->n + 1, sizeof(struct record *));

	if (!records)
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++) {
		records[i] = from->records[i];
		records[i]->refs++;
	}
	*ret = (struct table){ records, from->n };
	return 0;
}

void table_reset(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		record_unref(t->records[i]);
	free(t->records);
	*t = (struct table){ 0 };
}

ssize_t table_find(const struct table *t, const struct digest *manifest)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->records[i]->im.manifest.text, manifest->text))
			return (ssize_t)i;
	return -ENOENT;
}

struct record *table_edit(struct table *t, size_t i)
{
	struct record *own;

	if (t->records[i]->refs == 1)
		return t->records[i];
	own = record_copy(t->records[i]);
	if (own) {
		record_unref(t->records[i]);
		t->records[i] = own;
	}
	return own;
}

int table_add(struct table *t, struct record *rec)
{
	struct record **grown = realloc(t->records, (t->n + 1) * sizeof(struct record *));

	if (!grown) {
		record_unref(rec);
		return -ENOMEM;
	}
	t->records = grown;
	t->records[t->n++] = rec;
	return 0;
}

void table_drop(struct table *t, size_t i)
{
	record_unref(t->records[i]);
	memmove(&t->records[i], &t->records[i + 1], (t->n - i - 1) * sizeof(struct record *));
	t->n--;
}

int table_move_tag(struct table *t, size_t i, const char *tag)
{
	struct record *rec;

	for (size_t k = 0; k < t->n; k++) {
		if (k == i || !strv_has(t->records[k]->im.tags, tag))
			continue;
		rec = table_edit(t, k);
		if (!rec)
			return -ENOMEM;
		strv_remove(rec->im.tags, tag);
	}
	if (strv_has(t->records[i]->im.tags, tag))
		return 0;
	rec = table_edit(t, i);
	return rec ? strv_add(&rec->im.tags, tag) : -ENOMEM;
}

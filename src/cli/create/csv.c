/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/csv.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

/* @at: behind the quotation mark that begins the field.  Return: behind the one that ends it; NULL.
 */
static const char *read_quoted(const char *at, struct buf *field)
{
	while (*at) {
		size_t len = strcspn(at, "\"");

		if (buf_add(field, at, len) < 0)
			return NULL;
		at += len;
		if (at[0] != '"' || at[1] != '"')
			break;
		if (buf_adds(field, "\"") < 0)
			return NULL;
		at += 2;
	}
	return *at == '"' ? at + 1 : NULL;
}

static const char *read_bare(const char *at, struct buf *field)
{
	size_t len = strcspn(at, ",");

	if (memchr(at, '"', len) || buf_add(field, at, len) < 0)
		return NULL;
	return at + len;
}

int csv_split(const char *text, char ***ret, struct err *err)
{
	cleanup_strv char **fields = NULL;
	const char *at = text;

	for (;;) {
		cleanup(buf_reset) struct buf field = BUF_INIT;

		if (buf_adds(&field, "") < 0)
			return err_nomem(err);
		at = *at == '"' ? read_quoted(at + 1, &field) : read_bare(at, &field);
		if (!at || (*at && *at != ','))
			return err_set(err, -EINVAL,
				       "a quotation mark in the middle of a field, or without the "
				       "one that ends it");
		if (strv_add(&fields, field.data) < 0)
			return err_nomem(err);
		if (!*at++)
			break;
	}
	*ret = take_ptr(fields);
	return 0;
}

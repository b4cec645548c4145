/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "image/flatten/tree.h"

#define QUOTED_MAX 256

void layer_quote(const char *s, char *ret, size_t ret_len)
{
	static const char dots[] = "...";
	size_t len = 0;

	for (; *s; s++) {
		bool is_plain = *s >= ' ' && *s <= '~' && *s != '"' && *s != '\\';

		if (len + 4 + sizeof(dots) > ret_len) {
			memcpy(ret + len, dots, sizeof(dots));
			return;
		}
		if (is_plain)
			ret[len++] = *s;
		else
			len += (size_t)snprintf(ret + len, ret_len - len, "\\x%02x",
						(unsigned char)*s);
	}
	ret[len] = '\0';
}

int layer_fail(const struct layer_site *at, const char *fmt, ...)
{
	char name[QUOTED_MAX];
	char text[ERR_MSG_MAX];
	va_list ap;

	layer_quote(at->entry_name, name, sizeof(name));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(at->err, -EBADMSG, "entry \"%s\" %s", name, text);
}

int layer_tree_error(const struct layer_site *at, int r)
{
	const struct flatten_limits *max = at->limits;

	switch (r) {
	case -EXDEV:
		return layer_fail(at, "leaves the root of the image");
	case -ELOOP:
		return layer_fail(at, "has too many symbolic links or folders on its path");
	case -ENAMETOOLONG:
		return layer_fail(at, "has a name longer than %u or a path longer than %u bytes",
				  TREE_NAME_MAX, TREE_PATH_MAX - 1);
	case -ENOTDIR:
		return layer_fail(at, "lies below something that is not a folder");
	case -ETIME:
		return err_set(
			at->err, -EBADMSG,
			"the paths of the image are longer than %u names on the average, for %u "
			"entries (" LIMIT("entries") ")",
			TREE_STEPS, max->max_entries);
	case -E2BIG:
		return err_set(at->err, -EBADMSG,
			       "the image has more than %u entries (" LIMIT("entries") ")",
			       max->max_entries);
	case -EDQUOT:
		return err_set(at->err, -EBADMSG,
			       "names, links and attributes of the image take more than %llu bytes "
			       "(" LIMIT("memory") ")",
			       (unsigned long long)max->max_memory);
	default:
		return err_errno(at->err, r, "applying the layer");
	}
}

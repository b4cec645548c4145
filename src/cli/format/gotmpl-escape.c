/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/gotmpl-escape.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"

static int add_html(struct buf *out, char c)
{
	switch (c) {
	case '"':
		return buf_adds(out, "&#34;");
	case '\'':
		return buf_adds(out, "&#39;");
	case '&':
		return buf_adds(out, "&amp;");
	case '<':
		return buf_adds(out, "&lt;");
	case '>':
		return buf_adds(out, "&gt;");
	default:
		return buf_add(out, &c, 1);
	}
}

static int add_js(struct buf *out, char c)
{
	if (strchr("\\'\"", c))
		return buf_addf(out, "\\%c", c);
	if ((unsigned char)c < ' ' || strchr("<>&=", c))
		return buf_addf(out, "\\u%04X", (unsigned)c);
	return buf_add(out, &c, 1);
}

static int add_query(struct buf *out, char c)
{
	if (c == ' ')
		return buf_adds(out, "+");
	if (isalnum((unsigned char)c) || strchr("-_.~", c))
		return buf_add(out, &c, 1);
	return buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
}

int gotmpl_escape(const struct call *c, json_t **ret, struct err *err)
{
	int (*add)(struct buf *, char) = streq(c->name, "html") ? add_html
					 : streq(c->name, "js") ? add_js
								: add_query;
	cleanup(buf_reset) struct buf plain = BUF_INIT, out = BUF_INIT;
	int r = gotmpl_print_all(c, false, &plain);

	for (size_t i = 0; r == 0 && i < plain.len; i++)
		r = plain.data[i] ? add(&out, plain.data[i]) : -EINVAL;
	if (r == -EINVAL)
		return err_set(err, r, "template: %s: the text has a NUL byte", c->name);
	*ret = r == 0 ? json_stringn(out.data ? out.data : "", out.len) : NULL;
	return *ret ? 0 : err_nomem(err);
}

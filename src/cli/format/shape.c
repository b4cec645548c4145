/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/shape.h"

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/format/gotmpl-parse.h"
#include "cli/format/gotmpl-run.h"
#include "cli/format/yaml.h"

/* "\t" and "\n", as typed, become a tab and a line's end. */
static char *expand_escapes(const char *text)
{
	char *copy = strdup(text), *out = copy;

	for (const char *s = text; copy && *s; s++) {
		if (s[0] == '\\' && (s[1] == 't' || s[1] == 'n'))
			*out++ = *++s == 't' ? '\t' : '\n';
		else
			*out++ = *s;
	}
	if (copy)
		*out = '\0';
	return copy;
}

static int parse_template(const char *text, enum shape_kind kind, struct shape *ret,
			  struct err *err)
{
	cleanup_free char *expanded = expand_escapes(text);
	int r = expanded ? gotmpl_parse(expanded, &ret->tmpl, err) : err_nomem(err);

	if (r == 0)
		ret->kind = kind;
	return r;
}

int shape_parse(const char *text, struct shape *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum shape_kind kind;
	} names[] = { { "", SHAPE_TABLE },
		      { "table", SHAPE_TABLE },
		      { "json", SHAPE_JSON },
		      { "yaml", SHAPE_YAML } };
	const char *columns = text ? str_starts(text, "table ") : NULL;

	*ret = (struct shape){ .kind = SHAPE_TABLE };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!text || streq(text, names[i].name)) {
			ret->kind = names[i].kind;
			return 0;
		}
	if (!strstr(text, "{{"))
		return err_set(err, -EINVAL,
			       "unknown format \"%s\"; it is table, json, yaml, or a template with "
			       "{{.Fields}}",
			       text);
	if (columns)
		return parse_template(columns, SHAPE_TABLE_TEMPLATE, ret, err);
	return parse_template(text, SHAPE_TEMPLATE, ret, err);
}

int shape_option(const struct cli *c, struct shape *ret, struct err *err)
{
	return shape_parse(options_value(&c->opt, "format"), ret, err);
}

void shape_reset(struct shape *s)
{
	gotmpl_free(s->tmpl);
	*s = (struct shape){ 0 };
}

int shape_render(const struct shape *s, const struct gotmpl_data *data, struct buf *out,
		 struct err *err)
{
	return gotmpl_run(s->tmpl, data, out, err);
}

static int print_template(const struct shape *s, json_t *value, const json_t *methods,
			  struct err *err)
{
	const struct gotmpl_data data = { .dot = value, .methods = methods };
	cleanup(buf_reset) struct buf out = BUF_INIT;
	int r = shape_render(s, &data, &out, err);

	if (r == 0) {
		fwrite(out.data, 1, out.len, stdout);
		putchar('\n');
	}
	return r;
}

static int print_yaml(json_t *value, bool item, struct err *err)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;

	if ((item ? yaml_write_item(&out, value) : yaml_write(&out, value)) < 0)
		return err_nomem(err);
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

static int print_item(const struct shape *s, json_t *value, const json_t *methods, bool item,
		      struct err *err)
{
	if (s->kind == SHAPE_JSON)
		return cli_print_json(value, err);
	if (s->kind == SHAPE_YAML)
		return print_yaml(value, item, err);
	return print_template(s, value, methods, err);
}

int shape_print(const struct shape *s, json_t *value, struct err *err)
{
	return print_item(s, value, NULL, false, err);
}

int shape_print_item(const struct shape *s, json_t *value, const json_t *methods, struct err *err)
{
	return print_item(s, value, methods, true, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/format/gotmpl-run.h"
#include "cli/format/shape.h"

static void formats_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum shape_kind kind;
	} cases[] = {
		{ NULL, SHAPE_TABLE },
		{ "", SHAPE_TABLE },
		{ "table", SHAPE_TABLE },
		{ "json", SHAPE_JSON },
		{ "yaml", SHAPE_YAML },
		{ "{{.ID}}", SHAPE_TEMPLATE },
		{ "id: {{json .}}", SHAPE_TEMPLATE },
		{ "table {{.ID}}\\t{{.Names}}", SHAPE_TABLE_TEMPLATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(shape_reset) struct shape s = { 0 };
		struct err err;

		assert_int_equal(shape_parse(cases[i].text, &s, &err), 0);
		assert_int_equal(s.kind, cases[i].kind);
	}
}

static void typed_tabs_and_newlines_are_meant(void **state)
{
	cleanup_json json_t *dot = json_pack("{s:s}", "ID", "x");
	const struct gotmpl_data data = { .dot = dot };
	cleanup(shape_reset) struct shape s = { 0 };
	cleanup(buf_reset) struct buf out = BUF_INIT;
	struct err err;

	(void)state;
	assert_int_equal(shape_parse("a\\t{{.ID}}\\nb\\", &s, &err), 0);
	assert_int_equal(shape_render(&s, &data, &out, &err), 0);
	assert_string_equal(out.data, "a\tx\nb\\");
}

static void what_is_no_format_is_refused(void **state)
{
	static const char *const bad[] = { "xml", "tables", "{{.ID", "table {{end}}", "table ID" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct shape s = { 0 };
		struct err err;

		assert_int_equal(shape_parse(bad[i], &s, &err), -EINVAL);
		assert_null(s.tmpl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_told_apart),
		cmocka_unit_test(typed_tabs_and_newlines_are_meant),
		cmocka_unit_test(what_is_no_format_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/format/yaml.h"

static void check(const char *json, const char *expected)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	cleanup_json json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);

	assert_non_null(v);
	assert_int_equal(yaml_write(&out, v), 0);
	assert_string_equal(out.data, expected);
}

static void test_scalars(void **state)
{
	(void)state;
	check("\"plain\"", "plain\n");
	check("\"/path/to-it.txt\"", "/path/to-it.txt\n");
	check("\"\"", "\"\"\n");
	check("\"No\"", "\"No\"\n");
	check("\"12\"", "\"12\"\n");
	check("\"-x\"", "\"-x\"\n");
	check("\"a: b\"", "\"a: b\"\n");
	check("\"a\\nb\\u0007\"", "\"a\\nb\\u0007\"\n");
	check("12", "12\n");
	check("true", "true\n");
	check("null", "null\n");
	check("[]", "[]\n");
	check("{}", "{}\n");
}

static void test_nesting(void **state)
{
	(void)state;
	check("{\"A\": 1, \"b c\": {\"D\": [1, [2, 3], {\"E\": \"x\", \"F\": []}]}}",
	      "A: 1\n"
	      "\"b c\":\n"
	      "  D:\n"
	      "    - 1\n"
	      "    -\n"
	      "      - 2\n"
	      "      - 3\n"
	      "    - E: x\n"
	      "      F: []\n");
}

static void test_items(void **state)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	cleanup_json json_t *v = json_loads("{\"A\": 1, \"B\": {\"C\": 2}}", 0, NULL);

	(void)state;
	assert_int_equal(yaml_write_item(&out, v), 0);
	assert_int_equal(yaml_write_item(&out, json_object_get(v, "A")), 0);
	assert_string_equal(out.data, "- A: 1\n  B:\n    C: 2\n- 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"

static int read_text(const char *text, json_t **ret, struct err *err)
{
	return json_read(text, strlen(text), "thing", ret, err);
}

static void members_are_read_by_type(void **state)
{
	cleanup_json json_t *obj = NULL;
	cleanup_strv char **v = NULL;
	const char *s = "old";
	int64_t i = 5;
	bool flag = false;
	struct err err;

	(void)state;
	assert_int_equal(
		read_text("{\"s\":\"x\",\"i\":-3,\"b\":true,\"v\":[\"a\",\"b\"],\"n\":null}", &obj,
			  &err),
		0);
	assert_int_equal(json_get_str(obj, "s", &s, &err), 0);
	assert_string_equal(s, "x");
	assert_int_equal(json_get_i64(obj, "i", &i, &err), 0);
	assert_int_equal(i, -3);
	assert_int_equal(json_get_bool(obj, "b", &flag, &err), 0);
	assert_true(flag);
	assert_int_equal(json_get_strv(obj, "v", &v, &err), 0);
	assert_int_equal(strv_len(v), 2);
	assert_int_equal(json_get_i64(obj, "n", &i, &err), 0);
	assert_int_equal(json_get_i64(obj, "missing", &i, &err), 0);
	assert_int_equal(i, -3);
}

static void member_of_another_type_is_named_in_the_error(void **state)
{
	cleanup_json json_t *obj = NULL;
	const char *s;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"name\":5}", &obj, &err), 0);
	assert_int_equal(json_get_str(obj, "name", &s, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "name"));
}

static void text_that_is_no_document_is_refused(void **state)
{
	json_t *obj = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"a\":1,}", &obj, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "thing"));
	assert_int_equal(read_text("{\"a\":1,\"a\":2}", &obj, &err), -EBADMSG);
	assert_int_equal(read_text("", &obj, &err), -EBADMSG);
	assert_null(obj);
}

static void hash_is_sha256(void **state)
{
	char hex[SHA256_HEX_LEN + 1];

	(void)state;
	assert_int_equal(hash_bytes("abc", 3, hex), 0);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xafx", "\xef\xbf\xbd\xef\xbf\xbdx" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_json json_t *value = json_utf8(cases[i][0]);

		assert_string_equal(json_string_value(value), cases[i][1]);
	}
}

/* That many arrays in each other, with @inner within. */
static void expect_depth(size_t depth, const char *inner, int code)
{
	cleanup_json json_t *value = NULL;
	char text[512];
	struct err err = { 0 };

	memset(text, '[', depth);
	strcpy(text + depth, inner);
	memset(text + depth + strlen(inner), ']', depth);
	text[2 * depth + strlen(inner)] = '\0';
	assert_int_equal(read_text(text, &value, &err), code);
	if (code < 0)
		assert_string_equal(err.msg, "thing is nested deeper than 100 levels");
}

static void depth_is_bounded(void **state)
{
	(void)state;
	expect_depth(JSON_DEPTH_MAX, "1", 0);
	expect_depth(JSON_DEPTH_MAX, "\"[[[\\\"[[\"", 0);
	expect_depth(JSON_DEPTH_MAX + 1, "1", -EBADMSG);
	expect_depth(JSON_DEPTH_MAX - 1, "\"]]\\\"]]\",[[1]]", -EBADMSG);
	expect_depth(JSON_DEPTH_MAX - 1, "{\"a\":[1]}", -EBADMSG);
	assert_int_equal(json_measure("{\"a,\":[1,2,3],\"b\":{}}", 22).values, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read_by_type),
		cmocka_unit_test(member_of_another_type_is_named_in_the_error),
		cmocka_unit_test(text_that_is_no_document_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(hash_is_sha256),
		cmocka_unit_test(bytes_that_are_no_text_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

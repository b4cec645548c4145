/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json-object.h"

static void members_are_written_in_their_order(void **state)
{
	cleanup_json json_t *list = json_array();
	cleanup_json json_t *obj = JSON_OBJECT(
		member_text("text", "a"), member_int("int", -5), member_bool("bool", true),
		member_null("null"), member_ref("list", list), member_ref("none", NULL),
		member_json("object", JSON_OBJECT(member_text("in", "b"))),
		member_optional("there", json_integer(1)), member_optional("missing", NULL));
	cleanup_free char *text = json_write(obj);

	(void)state;
	assert_string_equal(text, "{\"text\":\"a\",\"int\":-5,\"bool\":true,\"null\":null,\"list\":"
				  "[],\"none\":null,\"object\":{\"in\":\"b\"},\"there\":1}");
	assert_int_equal(list->refcount, 2);
}

static void what_cannot_be_written_fails_the_whole_and_leaks_nothing(void **state)
{
	cleanup_json json_t *list = json_array();

	(void)state;
	assert_null(JSON_OBJECT(member_ref("before", list), member_text("text", "\xff"),
				member_ref("after", list)));
	assert_null(JSON_OBJECT(member_ref("before", list), member_text("text", NULL),
				member_json("after", json_incref(list))));
	assert_null(JSON_OBJECT(member_json("object", JSON_OBJECT(member_json("in", NULL)))));
	assert_int_equal(list->refcount, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_written_in_their_order),
		cmocka_unit_test(what_cannot_be_written_fails_the_whole_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim/request.h"

static int parse(const char *text, struct request *ret)
{
	struct err err = { 0 };
	int r = request_parse(text, strlen(text), ret, &err);

	if (r < 0)
		assert_true(*err.msg);
	return r;
}

static void attach_says_what_is_wanted(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse("{\"op\":\"attach\",\"target\":\"\",\"stdin\":true,\"stdout\":true,"
			       "\"stderr\":false,\"framed\":true}",
			       &r),
			 0);
	assert_int_equal(r.op, REQUEST_ATTACH);
	assert_string_equal(r.target, "");
	assert_true(r.wants[LINK_STDIN] && r.wants[LINK_STDOUT] && !r.wants[LINK_STDERR]);
	assert_true(r.framed);
}

static void exec_carries_a_process(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse("{\"op\":\"exec\",\"target\":\"e1\",\"stdout\":true,\"process\":"
			       "{\"args\":[\"ls\",\"-l\"],\"cwd\":\"/\",\"terminal\":true}}",
			       &r),
			 0);
	assert_int_equal(r.op, REQUEST_EXEC);
	assert_string_equal(r.target, "e1");
	assert_string_equal(r.process->args[1], "-l");
	assert_true(r.process->terminal);
	request_reset(&r);
}

static void numbers_are_read(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse("{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", &r), 0);
	assert_int_equal(r.signal, 15);
	assert_int_equal(parse("{\"op\":\"resize\",\"rows\":24,\"columns\":80}", &r), 0);
	assert_int_equal(r.rows, 24);
	assert_int_equal(r.columns, 80);
}

static void simple_operations_need_nothing_else(void **state)
{
	struct request r;

	(void)state;
	assert_int_equal(parse("{\"op\":\"start\"}", &r), 0);
	assert_int_equal(r.op, REQUEST_START);
	assert_int_equal(parse("{\"op\":\"shutdown\"}", &r), 0);
	assert_int_equal(r.op, REQUEST_SHUTDOWN);
	assert_int_equal(parse("{\"op\":\"kill\"}", &r), 0);
	assert_int_equal(r.op, REQUEST_KILL);
	assert_int_equal(parse("{\"op\":\"status\"}", &r), 0);
	assert_int_equal(r.op, REQUEST_STATUS);
	assert_int_equal(parse("{\"op\":\"watch\"}", &r), 0);
	assert_int_equal(r.op, REQUEST_WATCH);
}

static void malformed_requests_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "", -EBADMSG },
		{ "{", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{}", -EINVAL },
		{ "{\"op\":1}", -EBADMSG },
		{ "{\"op\":\"fly\"}", -EOPNOTSUPP },
		{ "{\"op\":\"start\",\"op\":\"kill\"}", -EBADMSG },
		{ "{\"op\":\"attach\",\"stdin\":1}", -EBADMSG },
		{ "{\"op\":\"attach\",\"target\":\"../x\"}", -EINVAL },
		{ "{\"op\":\"exec\",\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"}}", -EINVAL },
		{ "{\"op\":\"exec\",\"target\":\"e\"}", -EINVAL },
		{ "{\"op\":\"exec\",\"target\":\"e\",\"process\":{}}", -EBADMSG },
		{ "{\"op\":\"signal\"}", -EINVAL },
		{ "{\"op\":\"signal\",\"signal\":0}", -EINVAL },
		{ "{\"op\":\"signal\",\"signal\":65}", -EINVAL },
		{ "{\"op\":\"signal\",\"signal\":-1}", -EINVAL },
		{ "{\"op\":\"resize\",\"rows\":24}", -EINVAL },
		{ "{\"op\":\"resize\",\"rows\":65536,\"columns\":1}", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request r;

		assert_int_equal(parse(cases[i].text, &r), cases[i].code);
	}
}

static void a_target_that_is_too_long_is_refused(void **state)
{
	char text[256];
	struct request r;

	(void)state;
	snprintf(text, sizeof(text), "{\"op\":\"attach\",\"target\":\"%064d\"}", 0);
	assert_int_equal(parse(text, &r), 0);
	snprintf(text, sizeof(text), "{\"op\":\"attach\",\"target\":\"%065d\"}", 0);
	assert_int_equal(parse(text, &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_says_what_is_wanted),
		cmocka_unit_test(exec_carries_a_process),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(simple_operations_need_nothing_else),
		cmocka_unit_test(malformed_requests_are_refused),
		cmocka_unit_test(a_target_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

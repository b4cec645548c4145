/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/str.h"
#include "daemon/spec/secrets.h"

static json_t *parse(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

static void a_label_adds_to_what_was_asked_for(void **state)
{
	static const struct {
		const char *body, *host, *expected;
	} cases[] = {
		{ "{}", "{}", "{}" },
		{ "{\"Labels\":{\"x\":\"db\"}}", "{}", "{}" },
		{ "{\"Labels\":{\"dev.moat.secrets\":\" db  key,uid=7 \"}}", "{}",
		  "{\"Moat\":{\"Secrets\":[{\"Source\":\"db\"},{\"Source\":\"key\",\"UID\":7}]}}" },
		{ "{\"Labels\":{\"dev.moat.secrets\":\"db\"}}",
		  "{\"Moat\":{\"Cold\":true,\"Secrets\":[{\"Source\":\"a\"}]}}",
		  "{\"Moat\":{\"Cold\":true,\"Secrets\":[{\"Source\":\"a\"},{\"Source\":\"db\"}]}"
		  "}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json json_t *body = parse(cases[i].body), *host = parse(cases[i].host);
		cleanup_json json_t *expected = parse(cases[i].expected);

		assert_int_equal(secret_uses_from_label(body, host, NULL), 0);
		assert_true(json_equal(host, expected));
	}
}

static void a_label_that_makes_no_sense_is_refused(void **state)
{
	static const char *const wrong[] = {
		"{\"Labels\":{\"dev.moat.secrets\":\"db,color=red\"}}",
		"{\"Labels\":{\"dev.moat.secrets\":1}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cleanup_json json_t *body = parse(wrong[i]), *host = json_object();
		struct err err = { 0 };

		assert_true(secret_uses_from_label(body, host, &err) < 0);
		assert_non_null(strstr(err.msg, SECRET_LABEL));
		assert_int_equal(json_object_size(host), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_adds_to_what_was_asked_for),
		cmocka_unit_test(a_label_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests_name("secret label", tests, NULL, NULL);
}

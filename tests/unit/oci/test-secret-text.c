/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "oci/secret-text.h"

static void all_spellings_say_the_same(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "db", "{\"Source\":\"db\"}" },
		{ "source=db", "{\"Source\":\"db\"}" },
		{ "db,target=/etc/db,uid=7,gid=8,mode=0440",
		  "{\"Source\":\"db\",\"Target\":\"/etc/db\",\"UID\":7,\"GID\":8,\"Mode\":288}" },
		{ "src=db,dst=a=b", "{\"Source\":\"db\",\"Target\":\"a=b\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json json_t *secret = NULL;
		cleanup_free char *text = NULL;

		assert_int_equal(oci_secret_parse(cases[i].text, &secret, NULL), 0);
		text = json_dumps(secret, JSON_COMPACT);
		assert_string_equal(text, cases[i].json);
	}
}

static void what_makes_no_sense_is_shown(void **state)
{
	static const char *const wrong[] = { "target=/a", "db,mode=8",	       "db,mode=7777",
					     "db,uid=-1", "db,uid=4294967295", "db,color=red",
					     "db,other" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err err = { 0 };
		json_t *secret = NULL;

		assert_int_equal(oci_secret_parse(wrong[i], &secret, &err), -EINVAL);
		assert_non_null(strstr(err.msg, wrong[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_spellings_say_the_same),
		cmocka_unit_test(what_makes_no_sense_is_shown),
	};

	return cmocka_run_group_tests_name("cli: secret", tests, NULL, NULL);
}

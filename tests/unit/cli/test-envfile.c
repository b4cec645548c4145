/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/create/envfile.h"

static void lines_become_settings(void **state)
{
	static const char text[] = "A=1\n"
				   "# comment\n"
				   "\n"
				   "  B=two words \n"
				   "C=\n"
				   "D=\"quoted\" # not a comment\r\n"
				   "A=again";
	cleanup_strv char **env = NULL;

	(void)state;
	assert_int_equal(env_add_text(&env, text, sizeof(text) - 1, "f", NULL), 0);
	assert_int_equal(strv_len(env), 4);
	assert_string_equal(env[0], "A=again");
	assert_string_equal(env[1], "B=two words ");
	assert_string_equal(env[2], "C=");
	assert_string_equal(env[3], "D=\"quoted\" # not a comment");
}

static void a_key_alone_takes_the_hosts_value_or_nothing(void **state)
{
	static const char text[] = "MOAT_TEST_SET\nMOAT_TEST_UNSET\n";
	cleanup_strv char **env = NULL;

	(void)state;
	setenv("MOAT_TEST_SET", "from host", 1);
	unsetenv("MOAT_TEST_UNSET");
	assert_int_equal(env_add_text(&env, text, sizeof(text) - 1, "f", NULL), 0);
	assert_int_equal(strv_len(env), 1);
	assert_string_equal(env[0], "MOAT_TEST_SET=from host");
}

static void a_key_alone_for_one_container_takes_the_images_away(void **state)
{
	cleanup_strv char **env = NULL;

	(void)state;
	unsetenv("MOAT_TEST_UNSET");
	assert_int_equal(env_add(&env, "MOAT_TEST_UNSET", NULL), 0);
	assert_string_equal(env[0], "MOAT_TEST_UNSET");
}

static void labels_are_read_from_a_file_too(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "a=b c\n# no\n\n  alone\n";
	cleanup_strv char **labels = NULL;
	struct err err;

	(void)state;
	assert_int_equal(label_add_text(&labels, text, sizeof(text) - 1, "f", NULL), 0);
	assert_int_equal(strv_len(labels), 2);
	assert_string_equal(labels[0], "a=b c");
	assert_string_equal(labels[1], "alone");
	assert_int_equal(label_add_text(&labels, "=x\n", 3, "f", &err), -EINVAL);
}

static void bad_lines_are_named_by_number(void **state)
{
	static const char *const bad[] = { "A=1\nB C=2\n", "A=1\n=x\n", "A=1\nB C\n" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_strv char **env = NULL;

		assert_int_equal(env_add_text(&env, bad[i], strlen(bad[i]), "my.env", &err),
				 -EINVAL);
		assert_non_null(strstr(err.msg, "my.env, line 2"));
	}
}

static void a_file_with_a_nul_is_refused(void **state)
{
	cleanup_strv char **env = NULL;

	(void)state;
	assert_int_equal(env_add_text(&env, "A=1\0", 4, "f", NULL), -EINVAL);
}

static void an_empty_setting_is_refused(void **state)
{
	cleanup_strv char **env = NULL;
	struct err err;

	(void)state;
	assert_int_equal(env_add(&env, "", &err), -EINVAL);
	assert_int_equal(env_add(&env, "=x", &err), -EINVAL);
}

static void a_missing_file_is_named(void **state)
{
	cleanup_strv char **env = NULL;
	struct err err;

	(void)state;
	assert_int_equal(env_add_file(&env, "/nonexistent/env", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/env"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_settings),
		cmocka_unit_test(a_key_alone_takes_the_hosts_value_or_nothing),
		cmocka_unit_test(a_key_alone_for_one_container_takes_the_images_away),
		cmocka_unit_test(labels_are_read_from_a_file_too),
		cmocka_unit_test(bad_lines_are_named_by_number),
		cmocka_unit_test(a_file_with_a_nul_is_refused),
		cmocka_unit_test(an_empty_setting_is_refused),
		cmocka_unit_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

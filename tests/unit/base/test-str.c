/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"

static void numbers_are_digits_and_nothing_else(void **state)
{
	uint64_t v = 7;
	uint32_t w;

	(void)state;
	assert_int_equal(str_to_u64("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(str_to_u64("18446744073709551616", &v), -ERANGE);
	assert_int_equal(str_to_u64("", &v), -EINVAL);
	assert_int_equal(str_to_u64("-1", &v), -EINVAL);
	assert_int_equal(str_to_u64(" 1", &v), -EINVAL);
	assert_int_equal(str_to_u64("1x", &v), -EINVAL);
	assert_int_equal(str_to_u32("4294967295", &w), 0);
	assert_int_equal(str_to_u32("4294967296", &w), -ERANGE);
}

static void sizes_are_binary_as_dockers(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = { { "4096", 4096 },	      { "64m", 64 << 20 },    { "1.5g", 3ULL << 29 },
		      { "2GiB", 2ULL << 30 }, { "512KB", 512 << 10 }, { "7b", 7 },
		      { "1T", 1ULL << 40 } };
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(str_to_size(cases[i].text, &v), 0);
		assert_true(v == cases[i].bytes);
	}
	assert_int_equal(str_to_size("", &v), -EINVAL);
	assert_int_equal(str_to_size("m", &v), -EINVAL);
	assert_int_equal(str_to_size("-1m", &v), -EINVAL);
	assert_int_equal(str_to_size("1mm", &v), -EINVAL);
	assert_int_equal(str_to_size("1.2.3m", &v), -EINVAL);
	assert_int_equal(str_to_size("99999999999p", &v), -ERANGE);
}

static void prefix_and_suffix(void **state)
{
	(void)state;
	assert_string_equal(str_starts("key=value", "key="), "value");
	assert_null(str_starts("ke", "key"));
	assert_true(str_ends("a.tar", ".tar"));
	assert_false(str_ends("tar", ".tar"));
}

static void vector_grows_and_is_copied_deeply(void **state)
{
	cleanup_strv char **v = NULL, **copy = NULL;

	(void)state;
	assert_int_equal(strv_len(NULL), 0);
	assert_int_equal(strv_add(&v, "a"), 0);
	assert_int_equal(strv_addf(&v, "%d", 5), 0);
	assert_int_equal(strv_copy(v, &copy), 0);
	v[0][0] = 'z';
	assert_int_equal(strv_len(copy), 2);
	assert_string_equal(copy[0], "a");
	assert_string_equal(copy[1], "5");
	assert_null(copy[2]);
}

static void environment_has_each_key_once(void **state)
{
	cleanup_strv char **env = NULL;

	(void)state;
	assert_int_equal(env_set(&env, "PATH=/bin"), 0);
	assert_int_equal(env_set(&env, "PATHS=x"), 0);
	assert_int_equal(env_set(&env, "PATH=/usr/bin"), 0);
	assert_int_equal(strv_len(env), 2);
	assert_string_equal(env_get(env, "PATH"), "/usr/bin");
	assert_string_equal(env_get(env, "PATHS"), "x");
	assert_null(env_get(env, "PAT"));
}

static void an_entry_of_a_table_is_found_by_its_name(void **state)
{
	static const char *const words[] = { [1] = "one", [2] = "two" };
	static const struct {
		const char *name;
		int value;
	} table[] = { { "a", 1 }, { "b", 2 } };

	(void)state;
	assert_ptr_equal(STR_FIND(words, "two"), &words[2]);
	assert_int_equal(STR_FIND(table, "b")->value, 2);
	assert_null(STR_FIND(table, "c"));
	assert_null(STR_FIND(words, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_and_nothing_else),
		cmocka_unit_test(sizes_are_binary_as_dockers),
		cmocka_unit_test(prefix_and_suffix),
		cmocka_unit_test(vector_grows_and_is_copied_deeply),
		cmocka_unit_test(environment_has_each_key_once),
		cmocka_unit_test(an_entry_of_a_table_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

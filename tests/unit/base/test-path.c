/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/path-text.h"

static void paths_are_split_at_the_last_part(void **state)
{
	static const char *const cases[][3] = {
		{ "/a/b", "/a", "b" }, { "a/b/", "a", "b" }, { "a", ".", "a" },
		{ "/", "/", "/" },     { "/a", "/", "a" },   { "/.", "/", "." },
		{ "/a/.", "/a", "." }, { "a//b", "a", "b" }, { ".", ".", "." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_free char *dir = path_dir(cases[i][0]), *base = path_base(cases[i][0]);

		assert_string_equal(dir, cases[i][1]);
		assert_string_equal(base, cases[i][2]);
	}
}

static void paths_are_cleaned_as_docker_does(void **state)
{
	static const char *const cases[][2] = {
		{ "/etc/..", "/" },	{ "/a/../b", "/b" },  { "a/./b", "/a/b" },
		{ "..", "/" },		{ "/../../a", "/a" }, { "//a//b/", "/a/b/" },
		{ "/a/b/.", "/a/b/." }, { ".", "/." },	      { "/a/b/../", "/a/" },
		{ "/...", "/..." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_free char *clean = path_clean(cases[i][0]);

		assert_string_equal(clean, cases[i][1]);
	}
}

static void plain_paths_have_nothing_at_their_end(void **state)
{
	static const char *const cases[][2] = {
		{ "/", "/" },
		{ "", "/" },
		{ "/.", "/" },
		{ "/a/..", "/" },
		{ "/a/b/", "/a/b" },
		{ "/a//b/.", "/a/b" },
		{ "a/../b/c/", "/b/c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_free char *plain = path_plain(cases[i][0]);

		assert_string_equal(plain, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_split_at_the_last_part),
		cmocka_unit_test(paths_are_cleaned_as_docker_does),
		cmocka_unit_test(plain_paths_have_nothing_at_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

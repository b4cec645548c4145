/* SPDX-License-Identifier: Apache-2.0 */
/* Paths in containers, and what docker's clients are told of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/files/path.h"

static void paths_are_cleaned_as_docker_does(void **state)
{
	static const char *const cases[][2] = {
		{ "/a/b", "/a/b" },
		{ "a/b", "/a/b" },
		{ "/a//b/", "/a/b/" },
		{ "/a/./b/.", "/a/b/." },
		{ "/", "/" },
		{ ".", "/." },
		{ "/.", "/." },
		{ "/a/..", "/" },
		{ "/../../a", "/a" },
		{ "/a/../b/../../c", "/c" },
		{ "..", "/" },
		{ "/a/.b", "/a/.b" },
		{ "/a/b../c", "/a/b../c" },
		{ "/a/../", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_free char *got = NULL;

		assert_int_equal(files_clean_path(cases[i][0], &got, NULL), 0);
		assert_string_equal(got, cases[i][1]);
	}
}

static void empty_path_is_refused(void **state)
{
	char *got = NULL;

	(void)state;
	assert_int_equal(files_clean_path("", &got, NULL), -EINVAL);
	assert_int_equal(files_clean_path(NULL, &got, NULL), -EINVAL);
}

static void stat_is_told_in_gos_terms(void **state)
{
	char target[] = "/x";
	struct link_stat folder = { .size_bytes = 4096, .mode = 041777, .mtime_nsec = 1 };
	struct link_stat link = { .size_bytes = 2, .mode = 0120777, .target = target };
	cleanup_free char *one = files_stat_header("/tmp/", &folder);
	cleanup_free char *two = files_stat_header("/a/ln", &link);

	(void)state;
	/* {"name":"tmp","size":4096,"mode":2148532735,"mtime":"1970-01-01T00:00:00.000000001Z",
	 * "linkTarget":""} */
	assert_string_equal(one, "eyJuYW1lIjoidG1wIiwic2l6ZSI6NDA5NiwibW9kZSI6MjE0ODUzMjczNSwibXRp"
				 "bWUiOiIxOTcwLTAxLTAxVDAwOjAwOjAwLjAwMDAwMDAwMVoiLCJsaW5rVGFyZ2V0"
				 "IjoiIn0=");
	/* {"name":"ln","size":2,"mode":134218239,"mtime":"1970-01-01T00:00:00.000000000Z",
	 * "linkTarget":"/x"} */
	assert_string_equal(two, "eyJuYW1lIjoibG4iLCJzaXplIjoyLCJtb2RlIjoxMzQyMTgyMzksIm10aW1lIjoi"
				 "MTk3MC0wMS0wMVQwMDowMDowMC4wMDAwMDAwMDBaIiwibGlua1RhcmdldCI6Ii94"
				 "In0=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_cleaned_as_docker_does),
		cmocka_unit_test(empty_path_is_refused),
		cmocka_unit_test(stat_is_told_in_gos_terms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

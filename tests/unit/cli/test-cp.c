/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of cp: where a copy goes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cp-plan.h"
#include "cli/cp.h"

static void assert_plan(bool source_is_dir, const char *to, bool exists, bool is_dir,
			const char *dir, const char *name)
{
	struct cp_side side = { strdup(to), exists, is_dir };
	struct cp_target t = { 0 };

	assert_int_equal(cp_plan(source_is_dir, &side, &t, NULL), 0);
	assert_string_equal(t.dir, dir);
	if (name)
		assert_string_equal(t.name, name);
	else
		assert_null(t.name);
	cp_target_reset(&t);
	cp_side_reset(&side);
}

static int refused(bool source_is_dir, const char *to, bool exists)
{
	struct cp_side side = { strdup(to), exists, false };
	struct cp_target t = { 0 };
	int r = cp_plan(source_is_dir, &side, &t, NULL);

	cp_side_reset(&side);
	return r;
}

static void copies_go_where_docker_puts_them(void **state)
{
	(void)state;
	for (int dir = 0; dir < 2; dir++) {
		assert_plan(dir, "/a/b", true, true, "/a/b", NULL);
		assert_plan(dir, "/a/b", false, false, "/a", "b");
		assert_plan(dir, "b", false, false, ".", "b");
		assert_plan(dir, "/b", false, false, "/", "b");
	}
	assert_plan(false, "/a/b", true, false, "/a", "b");
	assert_plan(true, "/a/b/", false, false, "/a", "b");
	assert_int_equal(refused(true, "/a/b", true), -EISDIR);
	assert_int_equal(refused(false, "/a/b/", false), -ENOENT);
	assert_int_equal(refused(false, "/a/.", false), -ENOENT);
}

static void arguments_name_a_container_or_a_path(void **state)
{
	static const char *const cases[][3] = {
		{ "web:/x", "web", "/x" },    { "web:x:y", "web", "x:y" },
		{ "./a:b", NULL, "./a:b" },   { "/a:b", NULL, "/a:b" },
		{ "plain", NULL, "plain" },   { "-", NULL, "-" },
		{ "../a:b", NULL, "../a:b" }, { ":x", NULL, ":x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_free char *container = NULL;
		const char *path;

		assert_int_equal(cp_split(cases[i][0], &container, &path), 0);
		assert_string_equal(path, cases[i][2]);
		if (cases[i][1])
			assert_string_equal(container, cases[i][1]);
		else
			assert_null(container);
	}
}

static void stat_header_is_read(void **state)
{
	struct cp_stat s = { 0 };

	(void)state;
	/* {"name":"ln","size":2,"mode":134218239,"mtime":"1970-01-01T00:00:00Z","linkTarget":"/x"}
	 */
	assert_int_equal(
		cp_stat_parse("eyJuYW1lIjoibG4iLCJzaXplIjoyLCJtb2RlIjoxMzQyMTgyMzksIm10aW1l"
			      "IjoiMTk3MC0wMS0wMVQwMDowMDowMFoiLCJsaW5rVGFyZ2V0IjoiL3gifQ==",
			      &s, NULL),
		0);
	assert_false(s.is_dir);
	assert_string_equal(s.target, "/x");
	cp_stat_reset(&s);
	/* {"mode":2147484141} */
	assert_int_equal(cp_stat_parse("eyJtb2RlIjoyMTQ3NDg0MTQxfQ==", &s, NULL), 0);
	assert_true(s.is_dir);
	assert_null(s.target);
	assert_int_equal(cp_stat_parse("no base64!", &s, NULL), -EBADMSG);
	assert_int_equal(cp_stat_parse("e30=x", &s, NULL), -EBADMSG);
	assert_int_equal(cp_stat_parse("", &s, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_go_where_docker_puts_them),
		cmocka_unit_test(arguments_name_a_container_or_a_path),
		cmocka_unit_test(stat_header_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of cp in the guest, tried on a folder of this host. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "guest/files/path.h"

static char dir[] = "/tmp/moat-test-XXXXXX";

static char *in_dir(const char *path)
{
	char *s = str_printf("%s%s", dir, path);

	assert_non_null(s);
	return s;
}

static void put_link(const char *target, const char *name)
{
	cleanup_free char *path = in_dir(name);

	assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state)
{
	cleanup_free char *sub = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	sub = in_dir("/a/b");
	assert_int_equal(path_mkdir_p(sub, 0755), 0);
	put_link("b", "/a/rel");
	put_link("nowhere/x", "/a/dangling");
	put_link("../../../../../../../../../../etc", "/a/up");
	put_link("loop", "/a/loop");
	put_link("rel/../rel", "/a/twice");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return path_remove_tree(AT_FDCWD, dir);
}

static void assert_leads(const char *from, const char *to)
{
	cleanup_free char *path = in_dir(from), *got = NULL;

	assert_int_equal(files_follow(path, &got), 0);
	assert_string_equal(got, to);
}

static void links_are_followed_to_their_end(void **state)
{
	cleanup_free char *b = in_dir("/a/b"), *x = in_dir("/a/nowhere/x"), *y = in_dir("/none/y");
	cleanup_free char *loop = in_dir("/a/loop"), *got = NULL, *root = NULL;

	(void)state;
	assert_leads("/a/b", b);
	assert_leads("/a//rel/.", b);
	assert_leads("/a/twice", b);
	assert_leads("/a/dangling", x);
	assert_leads("/a/up", "/etc");
	assert_leads("/a/../none/y", y);
	assert_int_equal(files_follow(loop, &got), -ELOOP);
	assert_int_equal(files_follow("/..", &root), 0);
	assert_string_equal(root, "/");
}

static void the_last_part_is_followed_only_as_a_folder(void **state)
{
	static const struct {
		const char *path;
		int result;
		mode_t type;
	} cases[] = {
		{ "/a/rel", 0, S_IFLNK },      { "/a/rel/", 0, S_IFDIR },
		{ "/a/rel/.", 0, S_IFDIR },    { "/a/b", 0, S_IFDIR },
		{ "/a/dangling", 0, S_IFLNK }, { "/a/dangling/", -ENOENT, 0 },
		{ "/a/none/x", -ENOENT, 0 },   { "/a/loop/x", -ELOOP, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_free char *path = in_dir(cases[i].path), *name = NULL;
		cleanup_close int fd = -1;
		struct stat sb;

		assert_int_equal(files_locate(path, &fd, &name), cases[i].result);
		if (cases[i].result < 0)
			continue;
		assert_int_equal(fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(sb.st_mode & S_IFMT, cases[i].type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_followed_to_their_end),
		cmocka_unit_test(the_last_part_is_followed_only_as_a_folder),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "guest/process/command.h"

static char dir[] = "/tmp/moat-test-XXXXXX";

static void make(const char *name, mode_t mode)
{
	cleanup_close int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("one", 0755), 0);
	assert_int_equal(mkdir("two", 0755), 0);
	assert_int_equal(mkdir("one/folder", 0755), 0);
	make("one/plain", 0644);
	make("two/plain", 0755);
	make("two/folder", 0755);
	make("here", 0755);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	return path_remove_tree(AT_FDCWD, dir);
}

static void expect(const char *name, const char *path, const char *found)
{
	cleanup_free char *var = str_printf("PATH=%s", path), *got = NULL;
	char *env[] = { var, NULL };
	struct err err = { 0 };

	assert_int_equal(command_find(name, env, &got, &err), 0);
	assert_string_equal(got, found);
}

static void expect_error(const char *name, const char *path, int code, const char *msg)
{
	cleanup_free char *var = str_printf("PATH=%s", path), *got = NULL;
	char *env[] = { var, NULL };
	struct err err = { 0 };

	assert_int_equal(command_find(name, env, &got, &err), code);
	assert_string_equal(err.msg, msg);
	assert_null(got);
}

static void first_program_on_the_path_is_taken(void **state)
{
	(void)state;
	expect("plain", "one:two", "two/plain"); /* the first is not executable */
	expect("folder", "one:two", "two/folder");
	expect("here", "one::two", "./here");
	expect("./here", "", "./here");
	expect("two/plain", "one", "two/plain");
}

static void failures_are_in_dockers_words(void **state)
{
	(void)state;
	expect_error("plain", "one", -ENOENT,
		     "exec: \"plain\": executable file not found in $PATH");
	expect_error("", "two", -ENOENT, "exec: \"\": executable file not found in $PATH");
	expect_error("./no", "two", -ENOENT,
		     "exec: \"./no\": stat ./no: no such file or directory");
	expect_error("one/plain", "two", -EACCES, "exec: \"one/plain\": permission denied");
	expect_error("one/folder", "", -EACCES,
		     "exec: \"one/folder\": is a directory: permission denied");
	expect_error("here/x", "", -ENOTDIR, "exec: \"here/x\": stat here/x: not a directory");
}

static void without_a_path_there_is_dockers(void **state)
{
	cleanup_free char *got = NULL;
	char var[] = "A=b";
	char *env[] = { var, NULL };

	(void)state;
	assert_int_equal(command_find("sh", env, &got, NULL), 0);
	assert_true(str_ends(got, "/bin/sh"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_program_on_the_path_is_taken),
		cmocka_unit_test(failures_are_in_dockers_words),
		cmocka_unit_test(without_a_path_there_is_dockers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/process/users.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "\n"
			     "# a comment\n"
			     "broken:x:abc:0::/:/bin/sh\n"
			     "short:x:5\n"
			     "alice:x:1000:1000:Alice:/home/alice:/bin/sh\n"
			     "nohome:x:1001:1001\n"
			     "alice:x:7:7::/second:/bin/sh\n"
			     "1002:x:1003:1003::/number:/bin/sh\n"
			     "last:x:1004:1004::/home/last";
static const char group[] = "root:x:0:\n"
			    "wheel:x:10:alice,bob\n"
			    "audio:x:29:bob,alice\n"
			    "malice:x:30:malice,alic\n"
			    "staff:x:50:\n"
			    "bad:x::alice\n";

struct expected {
	const char *spec;
	uid_t uid;
	gid_t gid;
	const char *home;
	size_t n_groups;
};

static void expect(const struct expected *e)
{
	cleanup(user_reset) struct user u = { 0 };
	struct err err = { 0 };

	assert_int_equal(user_lookup(e->spec, passwd, group, &u, &err), 0);
	assert_int_equal(u.uid, e->uid);
	assert_int_equal(u.gid, e->gid);
	assert_string_equal(u.home, e->home);
	assert_int_equal(u.n_groups, e->n_groups);
}

static void users_are_found_as_docker_finds_them(void **state)
{
	static const struct expected cases[] = {
		{ "", 0, 0, "/root", 1 },
		{ "root", 0, 0, "/root", 1 },
		{ "alice", 1000, 1000, "/home/alice", 3 },
		{ "1000", 1000, 1000, "/home/alice", 3 },
		{ "alice:staff", 1000, 50, "/home/alice", 1 },
		{ "alice:77", 1000, 77, "/home/alice", 1 },
		{ "alice:", 1000, 1000, "/home/alice", 3 },
		{ ":staff", 0, 50, "/root", 1 },
		{ "nohome", 1001, 1001, "/", 1 },
		{ "5000", 5000, 0, "/", 1 },
		{ "5000:6000", 5000, 6000, "/", 1 },
		{ "1002", 1002, 0, "/", 1 }, /* a number is never a name */
		{ "last", 1004, 1004, "/home/last", 1 },
		{ "2147483647", 2147483647, 0, "/", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(&cases[i]);
}

static void the_own_group_comes_first_then_the_order_of_the_file(void **state)
{
	cleanup(user_reset) struct user u = { 0 };

	(void)state;
	assert_int_equal(user_lookup("alice", passwd, group, &u, NULL), 0);
	assert_int_equal(u.groups[0], 1000);
	assert_int_equal(u.groups[1], 10);
	assert_int_equal(u.groups[2], 29);
}

static void further_groups_are_added_by_name_and_number(void **state)
{
	static const char *const names[] = { "staff", "77", "wheel", "77", NULL };
	static const char *const unknown[] = { "0", "nobody", NULL };
	cleanup(user_reset) struct user u = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(user_lookup("alice", passwd, group, &u, NULL), 0);
	assert_int_equal(user_add_groups(&u, NULL, group, NULL), 0);
	assert_int_equal(user_add_groups(&u, (char *const *)(uintptr_t)names, group, NULL), 0);
	assert_int_equal(u.n_groups, 5);
	assert_int_equal(u.groups[3], 50);
	assert_int_equal(u.groups[4], 77);
	assert_int_equal(user_add_groups(&u, (char *const *)(uintptr_t)unknown, group, &err),
			 -EINVAL);
	assert_string_equal(err.msg, "Unable to find group nobody");
}

static void expect_error(const char *spec, const char *msg)
{
	struct user u = { 0 };
	struct err err = { 0 };

	assert_int_equal(user_lookup(spec, passwd, group, &u, &err), -EINVAL);
	assert_string_equal(err.msg, msg);
	assert_null(u.home);
}

static void unknown_names_are_errors_in_dockers_words(void **state)
{
	(void)state;
	expect_error("bob", "unable to find user bob: no matching entries in passwd file");
	expect_error("broken", "unable to find user broken: no matching entries in passwd file");
	expect_error("short", "unable to find user short: no matching entries in passwd file");
	expect_error("-1", "unable to find user -1: no matching entries in passwd file");
	expect_error("alice:bob", "unable to find group bob: no matching entries in group file");
	expect_error("0:bad", "unable to find group bad: no matching entries in group file");
	expect_error("2147483648", "uids and gids must be in range 0-2147483647");
	expect_error("0:4294967295", "uids and gids must be in range 0-2147483647");
}

static void without_the_files_numbers_still_work(void **state)
{
	cleanup(user_reset) struct user u = { 0 };

	(void)state;
	assert_int_equal(user_lookup("3:4", "", "", &u, NULL), 0);
	assert_int_equal(u.uid, 3);
	assert_int_equal(u.gid, 4);
	assert_string_equal(u.home, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_found_as_docker_finds_them),
		cmocka_unit_test(the_own_group_comes_first_then_the_order_of_the_file),
		cmocka_unit_test(further_groups_are_added_by_name_and_number),
		cmocka_unit_test(unknown_names_are_errors_in_dockers_words),
		cmocka_unit_test(without_the_files_numbers_still_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path.h"
#include "guest/container/names.h"

#define LOCALHOST                                                                                  \
	"127.0.0.1\tlocalhost\n"                                                                   \
	"::1\tlocalhost ip6-localhost ip6-loopback\n"

static void expect_hosts(const char *domain, char *line, const char *wanted)
{
	char *const lines[] = { line, NULL };
	const struct names names = { .hostname = "box", .domainname = domain, .hosts = lines };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	assert_int_equal(names_hosts(&b, &names), 0);
	assert_string_equal(b.data, wanted);
}

static void a_host_is_itself_where_no_line_names_it(void **state)
{
	char other[] = "10.0.0.9\tboxer box.example", unfinished[] = "box";

	(void)state;
	expect_hosts(NULL, NULL, LOCALHOST "127.0.1.1\tbox\n");
	expect_hosts("example.org", NULL, LOCALHOST "127.0.1.1\tbox.example.org box\n");
	expect_hosts(NULL, other, LOCALHOST "127.0.1.1\tbox\n10.0.0.9\tboxer box.example\n");
	expect_hosts(NULL, unfinished, LOCALHOST "127.0.1.1\tbox\nbox\n");
}

static void a_line_that_names_the_host_takes_its_place(void **state)
{
	char tab[] = "10.0.0.2\tbox", among_others[] = "fd00::2  other \tbox third";

	(void)state;
	expect_hosts("example.org", tab, LOCALHOST "10.0.0.2\tbox\n");
	expect_hosts(NULL, among_others, LOCALHOST "fd00::2  other \tbox third\n");
}

static void expect_file(const char *name, const char *wanted)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	assert_int_equal(file_read_at(AT_FDCWD, name, 4096, &b), 0);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_string_equal(b.data, wanted);
}

static void files_that_change_keep_nothing_of_what_was_longer(void **state)
{
	char tab[] = "10.0.0.2\tbox", folder[] = "/tmp/test-names.XXXXXX";
	char *const lines[] = { tab, NULL };
	const struct names made = { .hostname = "box", .resolv_conf = "nameserver 10.0.0.111\n" };
	const struct names changed = { .hostname = "box",
				       .hosts = lines,
				       .resolv_conf = "nameserver 10.0.0.1\n" };
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(names_write(&made, &err), 0);
	expect_file(HOSTNAME_FILE, "box\n");
	expect_file(HOSTS_FILE, LOCALHOST "127.0.1.1\tbox\n");
	expect_file(RESOLV_FILE, "nameserver 10.0.0.111\n");
	assert_int_equal(names_change(&changed, &err), 0);
	expect_file(HOSTNAME_FILE, "box\n");
	expect_file(HOSTS_FILE, LOCALHOST "10.0.0.2\tbox\n");
	expect_file(RESOLV_FILE, "nameserver 10.0.0.1\n");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(path_remove_tree(AT_FDCWD, folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_itself_where_no_line_names_it),
		cmocka_unit_test(a_line_that_names_the_host_takes_its_place),
		cmocka_unit_test(files_that_change_keep_nothing_of_what_was_longer),
	};

	return cmocka_run_group_tests_name("guest: names", tests, NULL, NULL);
}

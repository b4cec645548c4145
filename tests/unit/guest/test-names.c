/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_itself_where_no_line_names_it),
		cmocka_unit_test(a_line_that_names_the_host_takes_its_place),
	};

	return cmocka_run_group_tests_name("guest: names", tests, NULL, NULL);
}

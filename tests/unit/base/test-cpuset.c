/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpuset.h"

static void lists_and_ranges_are_understood(void **state)
{
	cpu_set_t set;

	(void)state;
	assert_int_equal(cpuset_parse("0-2,7", &set), 0);
	assert_int_equal(CPU_COUNT(&set), 4);
	assert_true(CPU_ISSET(0, &set) && CPU_ISSET(1, &set) && CPU_ISSET(2, &set));
	assert_true(CPU_ISSET(7, &set));
	assert_int_equal(cpuset_parse("1,1", &set), 0);
	assert_int_equal(CPU_COUNT(&set), 1);
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const bad[] = { "", "a", "1,", ",1", "1-", "-1", "2-1", "1 2", "1,,2" };
	cpu_set_t set;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cpuset_parse(bad[i], &set), -EINVAL);
	assert_int_equal(cpuset_parse("99999", &set), -ERANGE);
	assert_int_equal(cpuset_parse("0-99999999999999999999", &set), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_and_ranges_are_understood),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

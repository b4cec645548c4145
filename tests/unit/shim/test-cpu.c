/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "shim/machine/cpu.h"
#include "shim/machine/life.h"

static void test_charge(void **state)
{
	struct link_stats s = { .cpu_usec = 1000, .cpu_user_usec = 750, .cpu_system_usec = 250 };
	struct link_stats none = { .cpu_usec = 0 };
	/* A guest can say anything. */
	struct link_stats odd = { .cpu_usec = 10, .cpu_user_usec = UINT64_MAX };

	(void)state;
	cpu_charge(&s, 4000);
	assert_int_equal(s.cpu_usec, 4000);
	assert_int_equal(s.cpu_user_usec, 3000);
	assert_int_equal(s.cpu_system_usec, 1000);
	cpu_charge(&s, 0);
	assert_int_equal(s.cpu_usec, 4000);
	cpu_charge(&none, 500);
	assert_int_equal(none.cpu_usec, 500);
	assert_int_equal(none.cpu_user_usec + none.cpu_system_usec, 500);
	cpu_charge(&odd, 500);
	assert_int_equal(odd.cpu_user_usec, 500);
	assert_int_equal(odd.cpu_system_usec, 0);
}

static void test_process(void **state)
{
	uint64_t before = cpu_of_process(getpid());

	(void)state;
	assert_true(before > 0);
	for (unsigned i = 0; i < 1000000 && cpu_of_process(getpid()) == before; i++)
		continue;
	assert_true(cpu_of_process(getpid()) > before);
	assert_int_equal(cpu_of_process(0), 0);
	assert_int_equal(cpu_of_process(-1), 0);
}

static void test_what_was_before_is_nobodys(void **state)
{
	struct life l = { .machine.pid = getpid() };
	uint64_t all = cpu_since_lease(&l);

	(void)state;
	assert_true(all > 0);
	l.cpu_before_usec = all;
	assert_true(cpu_since_lease(&l) <= cpu_of_process(getpid()) - all);
	/* A number that was taken of another process. */
	l.cpu_before_usec = UINT64_MAX;
	assert_int_equal(cpu_since_lease(&l), 0);
	l.machine.pid = -1;
	assert_int_equal(cpu_since_lease(&l), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_charge),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_what_was_before_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

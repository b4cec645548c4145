/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/network/member-run.h"
#include "daemon/network/taps.h"
#include "told.h"

static void take(const char *name)
{
	char taken[NET_TAP_MAX + 1];
	struct err err = { 0 };
	int fd;

	assert_int_equal(networks_tap(told_nets(), &fd, taken, &err), 0);
	assert_string_equal(taken, name);
}

static void only_taps_of_nobody_are_given_back_after_a_death_of_moatd(void **state)
{
	static const char *const wishes[] = { "default", NULL };
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(told_member('1', wishes, &err), 0);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	assert_int_equal(member_plug(told_nets(), told_id('1'), "t1", &err), 0);
	/* A start that began before all was known of those of the moatd before. */
	told_taps("t4", "{}");
	take("t4");
	(void)told_text();
	told_taps("t5", "{\"taps\":[{\"tap\":\"t1\"},{\"tap\":\"t2\"},"
			"{\"tap\":\"t3\",\"pooled\":true},{\"tap\":\"t4\"}]}");
	taps_settle(told_nets());
	assert_string_equal(told_text(), "gone t2/ff whole\n");
	take("t5");
	networks_tap_back(told_nets(), "t4");
	assert_string_equal(told_text(), "gone t4/0 whole\n");
	networks_tap_back(told_nets(), "");
	assert_string_equal(told_text(), "");
}

static void without_moat_net_no_tap_is_anybodys(void **state)
{
	(void)state;
	taps_settle(told_nets());
	assert_string_equal(told_text(), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, told_set_up, told_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_taps_of_nobody_are_given_back_after_a_death_of_moatd),
		TEST(without_moat_net_no_tap_is_anybodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fs/subids.h"

static void ranges_are_found_by_name_and_by_number(void **state)
{
	static const char text[] = "root:1:2\nme:100000:65536\n1000:300000:10\nmeme:5:5\n";
	struct subid_range ranges[SUBIDS_MAX];

	(void)state;
	assert_int_equal(subids_find(text, "me", 1000, ranges), 2);
	assert_int_equal(ranges[0].first, 100000);
	assert_int_equal(ranges[0].n, 65536);
	assert_int_equal(ranges[1].first, 300000);
	assert_int_equal(ranges[1].n, 10);
	assert_int_equal(subids_find(text, NULL, 1000, ranges), 1);
	assert_int_equal(subids_find(text, "nobody", 65534, ranges), 0);
	assert_int_equal(subids_find("", "me", 1000, ranges), 0);
}

static void lines_that_make_no_sense_are_left_out(void **state)
{
	static const char text[] = "me\nme:\nme:1\nme:x:1\nme:1:0\nme:1:1:1\nme:4294967295:2\n"
				   ":1:1\nme:7:7";
	struct subid_range ranges[SUBIDS_MAX];

	(void)state;
	assert_int_equal(subids_find(text, "me", 1000, ranges), 1);
	assert_int_equal(ranges[0].first, 7);
}

static void there_is_a_bound(void **state)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct subid_range ranges[SUBIDS_MAX];

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_addf(&text, "me:%d:1\n", i), 0);
	assert_int_equal(subids_find(text.data, "me", 1, ranges), SUBIDS_MAX);
}

static void ids_follow_each_other_after_root(void **state)
{
	const struct subid_range ranges[] = { { 100000, 65536 }, { 300000, 10 } };
	static const char *const want[] = { "0",     "1000",  "1",	"1", "100000",
					    "65536", "65537", "300000", "10" };
	cleanup_strv char **map = NULL;

	(void)state;
	assert_int_equal(subids_map(1000, ranges, 2, &map), 0);
	assert_int_equal(strv_len(map), 9);
	for (size_t i = 0; i < 9; i++)
		assert_string_equal(map[i], want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_found_by_name_and_by_number),
		cmocka_unit_test(lines_that_make_no_sense_are_left_out),
		cmocka_unit_test(there_is_a_bound),
		cmocka_unit_test(ids_follow_each_other_after_root),
	};

	return cmocka_run_group_tests_name("fs: subids", tests, NULL, NULL);
}

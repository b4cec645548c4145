/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that others wrote, the log of the shim, and the memory of execs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "control/names.h"
#include "folder.h"
#include "shim/container/history.h"
#include "shim/text.h"

static void foreign_text_becomes_clean(void **state)
{
	char text[] = "a\033[1mb\n\xc3\xa4 \xc3( \xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf "
		      "\xf0\x9f\x98\x80 \xe2\x82";

	(void)state;
	text_clean(text);
	assert_string_equal(text, "a [1mb \xc3\xa4 ?( ??? ???? ?? \xf0\x9f\x98\x80 ??");
}

static void the_tail_of_a_log_is_what_came_last(void **state)
{
	int fd = ((struct folder *)*state)->fd;
	char tail[16];

	folder_put(*state, "log", "old\nnew one\nnew two\n");
	text_tail(fd, "log", 4, tail, sizeof(tail));
	assert_string_equal(tail, "ew one new two");
	text_tail(fd, "log", 12, tail, sizeof(tail));
	assert_string_equal(tail, "new two");
	text_tail(fd, "log", 20, tail, sizeof(tail));
	assert_string_equal(tail, "");
	text_tail(fd, "none", 0, tail, sizeof(tail));
	assert_string_equal(tail, "");
}

static void the_last_execs_are_remembered(void **state)
{
	struct history *h = calloc(1, sizeof(*h));
	char target[16];

	(void)state;
	assert_non_null(h);
	assert_null(history_get(h, 0));
	for (int i = 0; i < HISTORY_MAX + 5; i++) {
		snprintf(target, sizeof(target), "e%d", i);
		history_add(h, target, i % 256);
	}
	assert_string_equal(history_get(h, 0)->target, "e1028");
	assert_int_equal(history_get(h, 0)->code, 4);
	assert_string_equal(history_get(h, HISTORY_MAX - 1)->target, "e5");
	assert_null(history_get(h, HISTORY_MAX));
	assert_true(history_has(h, "e5"));
	assert_false(history_has(h, "e4"));
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_becomes_clean),
		cmocka_unit_test_setup_teardown(the_tail_of_a_log_is_what_came_last, folder_set_up,
						folder_tear_down),
		cmocka_unit_test(the_last_execs_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

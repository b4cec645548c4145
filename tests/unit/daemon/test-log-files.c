/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a log over its files while they come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/log/files.h"
#include "folder.h"

#define T1 "2026-01-02T03:04:05.000000001Z "

static void put(const struct folder *b, unsigned number, const char *text)
{
	cleanup_free char *name = str_printf("container.log.%u", number);
	cleanup_close int fd = -1;

	assert_non_null(name);
	fd = openat(b->fd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static void drop(const struct folder *b, unsigned number)
{
	cleanup_free char *name = str_printf("container.log.%u", number);

	assert_int_equal(unlinkat(b->fd, name, 0), 0);
}

static void begin(const struct folder *b, struct log_files *f)
{
	log_files_init(f, fcntl(b->fd, F_DUPFD_CLOEXEC, 3));
	f->reader.options = (struct log_options){
		.out = true, .err = true, .since_nsec = INT64_MIN, .until_nsec = INT64_MAX
	};
}

static void expect(struct log_files *f, const char *text)
{
	while (log_files_fill(f) > 0)
		;
	assert_int_equal(buf_add(&f->reader.out, "", 1), 0);
	assert_string_equal(f->reader.out.data, text);
	f->reader.out.len = 0;
}

static void a_log_is_read_from_file_to_file(void **state)
{
	struct log_files f;

	put(*state, 3, T1 "stdout F a\n");
	put(*state, 4, T1 "stdout P b\n");
	put(*state, 5, T1 "stdout F c\n");
	begin(*state, &f);
	assert_int_equal(log_files_open(&f, UINT64_MAX), 0);
	expect(&f, "a\nbc\n");
	put(*state, 5, T1 "stderr F d\n");
	put(*state, 6, T1 "stdout F e\n");
	expect(&f, "d\ne\n");
	log_files_reset(&f);
}

static void without_a_file_there_is_none_yet(void **state)
{
	struct log_files f;

	begin(*state, &f);
	assert_int_equal(log_files_open(&f, UINT64_MAX), -ENOENT);
	assert_int_equal(log_files_open(&f, 3), -ENOENT);
	put(*state, 1, "");
	assert_int_equal(log_files_open(&f, 3), 0);
	expect(&f, "");
	log_files_reset(&f);
}

static void expect_tail(struct folder *b, uint64_t lines, const char *text)
{
	struct log_files f;

	begin(b, &f);
	assert_int_equal(log_files_open(&f, lines), 0);
	expect(&f, text);
	log_files_reset(&f);
}

static void the_last_lines_may_lie_in_several_files(void **state)
{
	put(*state, 1, T1 "stdout F a\n" T1 "stdout F b\n");
	put(*state, 2, T1 "stdout F c\n" T1 "stdout P d\n");
	put(*state, 3, T1 "stdout F d\n");
	expect_tail(*state, 0, "");
	expect_tail(*state, 1, "dd\n");
	expect_tail(*state, 2, "c\ndd\n");
	expect_tail(*state, 3, "b\nc\ndd\n");
	expect_tail(*state, 4, "a\nb\nc\ndd\n");
	expect_tail(*state, 9, "a\nb\nc\ndd\n");
	put(*state, 4, "");
	expect_tail(*state, 1, "dd\n");
}

static void who_does_not_follow_stops_at_the_end_of_when_it_began(void **state)
{
	struct log_place place = { .number = 1 };

	for (int i = 0; i < 3; i++) {
		struct log_files f;

		put(*state, 1, T1 "stdout F a\n" T1 "stdout F b\n");
		begin(*state, &f);
		f.present = true;
		assert_int_equal(i == 0	  ? log_files_open(&f, UINT64_MAX)
				 : i == 1 ? log_files_open(&f, 2)
					  : log_files_open_at(&f, &place),
				 0);
		put(*state, 1, T1 "stdout F c\n");
		put(*state, 2, T1 "stdout F d\n");
		expect(&f, "a\nb\n");
		/* Nor is what took the place of a file that is gone. */
		drop(*state, 1);
		put(*state, 3, T1 "stdout F e\n");
		expect(&f, "");
		log_files_reset(&f);
		drop(*state, 2);
		drop(*state, 3);
	}
}

static void a_slow_reader_loses_what_was_removed_and_no_more(void **state)
{
	struct log_files f;

	put(*state, 1, T1 "stdout F a\n");
	begin(*state, &f);
	assert_int_equal(log_files_open(&f, UINT64_MAX), 0);
	expect(&f, "a\n");
	put(*state, 1, T1 "stdout F b\n");
	put(*state, 2, T1 "stdout F c\n");
	put(*state, 3, T1 "stdout F d\n");
	drop(*state, 1);
	drop(*state, 2);
	expect(&f, "b\nd\n");
	log_files_reset(&f);
}

static void a_place_is_where_another_reader_goes_on(void **state)
{
	struct log_place place, again;
	char text[LOG_PLACE_MAX];
	struct log_files f;

	put(*state, 1, T1 "stdout F a\n" T1 "stderr P b\n");
	begin(*state, &f);
	assert_int_equal(log_files_open(&f, UINT64_MAX), 0);
	expect(&f, "a\nb");
	log_files_place(&f, &place);
	log_files_reset(&f);
	log_place_format(&place, text);
	assert_int_equal(log_place_parse(text, &again), 0);
	put(*state, 1, T1 "stderr F c\n");
	put(*state, 2, T1 "stdout F d\n");
	begin(*state, &f);
	f.reader.options.timestamps = true;
	assert_int_equal(log_files_open_at(&f, &again), 0);
	expect(&f, "c\n" T1 "d\n");
	log_files_reset(&f);
}

static void a_place_that_is_gone_is_the_oldest_there_is(void **state)
{
	struct log_place place = { .number = 1, .offset = 4000, .within = 2 };
	struct log_files f;

	put(*state, 3, T1 "stdout F c\n");
	begin(*state, &f);
	f.reader.options.timestamps = true;
	assert_int_equal(log_files_open_at(&f, &place), 0);
	expect(&f, T1 "c\n");
	log_files_reset(&f);
	place.number = 0;
	begin(*state, &f);
	assert_int_equal(log_files_open_at(&f, &place), 0);
	expect(&f, "c\n");
	log_files_reset(&f);
}

static void other_places_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"1",
		"1.2",
		"1.2.",
		"a.b.c",
		"1.2.3.4",
		"1.2.3 ",
		"-1.2.3",
		"1.-2.3",
		"1.99999999999999999999.3",
		"11111111111111111111111111111111111111111111111111111111.1.1"
	};
	struct log_place place;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(log_place_parse(bad[i], &place), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_log_is_read_from_file_to_file, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(without_a_file_there_is_none_yet, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(the_last_lines_may_lie_in_several_files,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(
			who_does_not_follow_stops_at_the_end_of_when_it_began, folder_set_up,
			folder_tear_down),
		cmocka_unit_test_setup_teardown(a_slow_reader_loses_what_was_removed_and_no_more,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(a_place_is_where_another_reader_goes_on,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(a_place_that_is_gone_is_the_oldest_there_is,
						folder_set_up, folder_tear_down),
		cmocka_unit_test(other_places_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

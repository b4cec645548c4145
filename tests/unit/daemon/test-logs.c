/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "daemon/log/read.h"

#define T1 "2026-01-02T03:04:05.000000001Z "
#define T2 "2026-01-02T03:04:06.000000002Z "
#define T3 "2026-01-02T03:04:07.000000003Z "

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_pwrite_all(fd, text, len, 0), 0);
	return fd;
}

static void a_line_is_time_stream_tag_and_text(void **state)
{
	static const char line[] = T1 "stderr P some text ";
	struct log_entry e;

	(void)state;
	assert_int_equal(log_parse(line, strlen(line), &e), 0);
	assert_int_equal(e.stream, LOG_STDERR);
	assert_true(e.partial);
	assert_int_equal(e.len, 10);
	assert_memory_equal(e.text, "some text ", 10);
	assert_int_equal(e.nsec % 1000000000, 1);
}

static void an_empty_line_has_an_empty_text(void **state)
{
	struct log_entry e;

	(void)state;
	assert_int_equal(log_parse(T1 "stdout F ", strlen(T1 "stdout F "), &e), 0);
	assert_int_equal(e.len, 0);
	assert_int_equal(log_parse(T1 "stdout F", strlen(T1 "stdout F"), &e), 0);
	assert_int_equal(e.len, 0);
	assert_false(e.partial);
}

static void other_lines_are_refused(void **state)
{
	static const char *const bad[] = { "",
					   " ",
					   "x",
					   "2026 stdout F x",
					   T1 "stdin F x",
					   T1 "stdout X x",
					   T1 "stdout FF x",
					   T1,
					   T1 "stdout",
					   "yesterday stdout F x" };
	struct log_entry e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(log_parse(bad[i], strlen(bad[i]), &e), -EBADMSG);
}

static void expect_tail(const char *text, uint64_t lines, const char *rest)
{
	cleanup_close int fd = file_of(text, strlen(text));
	struct log_tail tail = { .wanted = lines };
	uint64_t offset;

	assert_int_equal(log_tail(fd, UINT64_MAX, &tail, &offset),
			 lines == 0 || strcmp(text, rest) != 0);
	assert_true(offset <= strlen(text));
	assert_string_equal(text + offset, rest);
}

static void tail_counts_lines_from_the_end(void **state)
{
	static const char log[] = T1 "stdout F a\n" T2 "stderr F b\n" T3 "stdout F c\n";

	(void)state;
	expect_tail(log, 0, "");
	expect_tail(log, 1, T3 "stdout F c\n");
	expect_tail(log, 2, T2 "stderr F b\n" T3 "stdout F c\n");
	expect_tail(log, 3, log);
	expect_tail(log, 100, log);
	expect_tail("", 1, "");
}

static void pieces_of_a_line_count_as_one(void **state)
{
	static const char pieces[] = T1 "stdout F a\n" T2 "stdout P b\n" T3 "stdout F c\n";
	static const char open[] = T1 "stdout F a\n" T2 "stdout F b\n" T3 "stdout P c\n";

	(void)state;
	expect_tail(pieces, 1, T2 "stdout P b\n" T3 "stdout F c\n");
	expect_tail(pieces, 2, pieces);
	expect_tail(open, 1, T3 "stdout P c\n");
	expect_tail(open, 2, T2 "stdout F b\n" T3 "stdout P c\n");
}

static void tail_reads_across_blocks(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_close int fd = -1;
	uint64_t offset;
	size_t last;

	(void)state;
	for (int i = 0; i < 2000; i++)
		assert_int_equal(buf_addf(&b, T1 "stdout F line number %d\n", i), 0);
	last = b.len;
	assert_int_equal(buf_addf(&b, T1 "stdout F %0*d\n", 20000, 0), 0);
	fd = file_of(b.data, b.len);
	assert_int_equal(log_tail(fd, UINT64_MAX, &(struct log_tail){ .wanted = 1 }, &offset), 1);
	assert_true(offset == last);
	assert_int_equal(log_tail(fd, UINT64_MAX, &(struct log_tail){ .wanted = 1001 }, &offset),
			 1);
	assert_non_null(strstr(b.data + offset, "line number 1000\n"));
	assert_int_equal(strncmp(b.data + offset, T1 "stdout F line number 1000\n", 30), 0);
}

static void expect_read(const char *log, struct log_options options, const char *out, size_t len)
{
	struct log_reader r = { .fd = file_of(log, strlen(log)),
				.end = UINT64_MAX,
				.options = options };

	if (!r.options.until_nsec)
		r.options.until_nsec = INT64_MAX;
	if (!r.options.since_nsec)
		r.options.since_nsec = INT64_MIN;
	while (log_reader_fill(&r) > 0)
		;
	assert_int_equal(r.out.len, len);
	assert_memory_equal(r.out.data ? r.out.data : "", out, len);
	log_reader_reset(&r);
}

static const char mixed[] = T1 "stdout F a\n" T2 "stderr P b\nnonsense\n" T3 "stderr F c\n";

static void raw_output_is_put_together_again(void **state)
{
	struct log_options both = { .out = true, .err = true };
	struct log_options out = { .out = true };

	(void)state;
	expect_read(mixed, both, "a\nbc\n", 5);
	expect_read(mixed, out, "a\n", 2);
}

static void framed_output_has_a_header_for_each_piece(void **state)
{
	struct log_options options = { .out = true, .err = true, .framed = true };

	(void)state;
	expect_read(mixed, options, "\1\0\0\0\0\0\0\2a\n\2\0\0\0\0\0\0\1b\2\0\0\0\0\0\0\2c\n", 29);
}

static void a_time_stands_before_each_line_not_each_piece(void **state)
{
	struct log_options options = { .out = true, .err = true, .timestamps = true };

	(void)state;
	expect_read(mixed, options, T1 "a\n" T2 "bc\n", strlen(T1 "a\n" T2 "bc\n"));
}

static void times_bound_what_is_shown(void **state)
{
	struct log_options options = { .out = true, .err = true };
	struct log_entry e;

	(void)state;
	assert_int_equal(log_parse(T2 "stdout F x", strlen(T2 "stdout F x"), &e), 0);
	options.since_nsec = e.nsec;
	expect_read(mixed, options, "bc\n", 3);
	options.since_nsec = 0;
	options.until_nsec = e.nsec;
	expect_read(mixed, options, "a\nb", 3);
}

static void a_line_too_long_to_be_ours_is_passed_over(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct log_options options = { .out = true };

	(void)state;
	assert_int_equal(buf_addf(&b, T1 "stdout F %0*d\n" T2 "stdout F ok\n", 400000, 0), 0);
	expect_read(b.data, options, "ok\n", 3);
}

static void a_half_written_line_waits_for_its_end(void **state)
{
	static const char half[] = T1 "stdout F a\n" T2 "stdout F hal";
	struct log_reader r = {
		.end = UINT64_MAX,
		.fd = file_of(half, strlen(half)),
		.options = { .out = true, .since_nsec = INT64_MIN, .until_nsec = INT64_MAX }
	};

	(void)state;
	assert_true(log_reader_fill(&r) > 0);
	assert_int_equal(r.out.len, 2);
	assert_int_equal(log_reader_fill(&r), 0);
	assert_int_equal(fd_pwrite_all(r.fd, "f\n", 2, strlen(half)), 0);
	assert_true(log_reader_fill(&r) > 0);
	assert_int_equal(r.out.len, 7);
	assert_memory_equal(r.out.data, "a\nhalf\n", 7);
	log_reader_reset(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_time_stream_tag_and_text),
		cmocka_unit_test(an_empty_line_has_an_empty_text),
		cmocka_unit_test(other_lines_are_refused),
		cmocka_unit_test(tail_counts_lines_from_the_end),
		cmocka_unit_test(pieces_of_a_line_count_as_one),
		cmocka_unit_test(tail_reads_across_blocks),
		cmocka_unit_test(raw_output_is_put_together_again),
		cmocka_unit_test(framed_output_has_a_header_for_each_piece),
		cmocka_unit_test(a_time_stands_before_each_line_not_each_piece),
		cmocka_unit_test(times_bound_what_is_shown),
		cmocka_unit_test(a_line_too_long_to_be_ours_is_passed_over),
		cmocka_unit_test(a_half_written_line_waits_for_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

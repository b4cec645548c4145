/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/numbered.h"
#include "base/path.h"
#include "base/str.h"
#include "folder.h"
#include "shim/container/crilog.h"

#define WHEN "2026-01-02T03:04:05.000000006Z"

static char *read_file(int dir_fd, const char *name)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read_at(dir_fd, name, 1 << 20, &b), 0);
	return buf_take(&b);
}

static const struct log_limits endless = { .max_files = 1 };

/* What a log has after one write, every record of one moment. */
static char *format(struct folder *f, enum link_channel channel, const char *data)
{
	struct crilog *l;
	char *text;

	assert_int_equal(crilog_open(f->fd, &endless, &l), 0);
	assert_int_equal(crilog_write(l, channel, data, strlen(data)), 0);
	crilog_free(l);
	text = read_file(f->fd, "container.log.1");
	for (char *record = text; *record; record = strchr(record, '\n') + 1)
		memcpy(record, WHEN, strlen(WHEN));
	return text;
}

static void lines_are_records(void **state)
{
	char *text = format(*state, LINK_STDOUT, "one\n\ntwo\n");

	assert_string_equal(text,
			    WHEN " stdout F one\n" WHEN " stdout F \n" WHEN " stdout F two\n");
	free(text);
}

static void a_line_without_an_end_is_partial(void **state)
{
	char *text = format(*state, LINK_STDERR, "one\ntwo");

	assert_string_equal(text, WHEN " stderr F one\n" WHEN " stderr P two\n");
	free(text);
}

/* Puts a stream together again from a log, as a reader of CRI logs does. */
static void rebuild(const char *log, const char *stream, struct buf *ret)
{
	while (*log) {
		const char *end = strchr(log, '\n');
		const char *name = strchr(log, ' ') + 1;
		const char *tag = strchr(name, ' ') + 1;

		assert_non_null(end);
		assert_true((size_t)(end - (tag + 2)) <= CRILOG_RECORD_MAX);
		if (str_starts(name, stream)) {
			assert_int_equal(buf_add(ret, tag + 2, (size_t)(end - (tag + 2))), 0);
			if (*tag == 'F')
				assert_int_equal(buf_adds(ret, "\n"), 0);
		}
		log = end + 1;
	}
}

static void fill(char *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)(seed >> 16 & 0x3f) == 7 && len < 100000
				  ? '\n'
				  : (char)('a' + (seed >> 20) % 26);
	}
}

static void streams_can_be_rebuilt_exactly(void **state)
{
	static const size_t sizes[] = { 1, 5, 16383, 16384, 16385, 40000, 65536, 3, 200000 };
	int dir_fd = ((struct folder *)*state)->fd;
	struct buf log = BUF_INIT, out[2] = { BUF_INIT, BUF_INIT };
	static char data[200001];
	struct crilog *l;

	assert_int_equal(crilog_open(dir_fd, &endless, &l), 0);
	for (unsigned i = 0; i < 4 * ARRAY_SIZE(sizes); i++) {
		size_t len = sizes[i % ARRAY_SIZE(sizes)];
		unsigned which = i / 2 % 2;

		fill(data, len, i);
		assert_int_equal(buf_add(&out[which], data, len), 0);
		assert_int_equal(crilog_write(l, which ? LINK_STDERR : LINK_STDOUT, data, len), 0);
	}
	crilog_free(l);
	assert_int_equal(file_read_at(dir_fd, "container.log.1", 4 << 20, &log), 0);
	assert_int_equal(buf_add(&log, "", 1), 0);
	for (int which = 0; which < 2; which++) {
		struct buf again = BUF_INIT;

		rebuild(log.data, which ? "stderr" : "stdout", &again);
		assert_int_equal(again.len, out[which].len);
		assert_memory_equal(again.data, out[which].data, again.len);
		buf_reset(&again);
		buf_reset(&out[which]);
	}
	buf_reset(&log);
}

static bool exists(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void a_record_cut_off_by_a_crash_is_removed(void **state)
{
	static const char before[] = WHEN " stdout F one\n" WHEN " stdout F tw";
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;
	char *text;

	assert_int_equal(
		file_write_atomic(dir_fd, "container.log.1", before, sizeof(before) - 1, 0600), 0);
	assert_int_equal(crilog_open(dir_fd, &endless, &l), 0);
	assert_int_equal(crilog_write(l, LINK_STDOUT, "three\n", 6), 0);
	crilog_free(l);
	text = read_file(dir_fd, "container.log.1");
	assert_non_null(str_starts(text, WHEN " stdout F one\n20"));
	assert_true(str_ends(text, "Z stdout F three\n"));
	free(text);
}

/* A limit on the size of files stands in for a full disk: both cut writes short. */
static void a_full_disk_costs_whole_records_and_no_more(void **state)
{
	struct rlimit old, small = { 100, RLIM_INFINITY };
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;
	char *text;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(crilog_open(dir_fd, &endless, &l), 0);
	assert_int_equal(crilog_write(l, LINK_STDOUT, "before\n", 7), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(crilog_write(l, LINK_STDOUT, "a line that does not fit into what is left\n",
				 43) < 0);
	assert_int_equal(
		crilog_write(l, LINK_STDOUT, "another line that does not fit either!!!!!\n", 43),
		0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(crilog_write(l, LINK_STDOUT, "after\n", 6), 0);
	crilog_free(l);
	text = read_file(dir_fd, "container.log.1");
	assert_int_equal(strlen(text), 2 * strlen(WHEN " stdout F ") + 13);
	assert_non_null(strstr(text, " stdout F before\n20"));
	assert_true(str_ends(text, " stdout F after\n"));
	free(text);
}

static void a_full_file_is_followed_by_the_next_and_the_oldest_goes(void **state)
{
	const struct log_limits limits = { .max_bytes = 300, .max_files = 2 };
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;
	char *text;

	assert_int_equal(crilog_open(dir_fd, &limits, &l), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(crilog_write(l, LINK_STDOUT, "0123456789\n", 11), 0);
	crilog_free(l);
	/* Of 51 bytes each and 64 reserved for a header, five go into a file. */
	assert_false(exists(dir_fd, "container.log.2"));
	assert_true(exists(dir_fd, "container.log.3"));
	text = read_file(dir_fd, "container.log.4");
	assert_true(strlen(text) <= 300);
	assert_true(str_ends(text, "stdout F 0123456789\n"));
	free(text);
	assert_false(exists(dir_fd, "container.log.5"));
}

static void a_file_is_changed_between_lines(void **state)
{
	const struct log_limits limits = { .max_bytes = 200, .max_files = 9 };
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;
	char *text;

	assert_int_equal(crilog_open(dir_fd, &limits, &l), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(crilog_write(l, LINK_STDERR, "0123456789", 10), 0);
	assert_int_equal(crilog_write(l, LINK_STDERR, "\nnext\n", 6), 0);
	crilog_free(l);
	text = read_file(dir_fd, "container.log.1");
	assert_true(str_ends(text, "Z stderr F \n"));
	free(text);
	text = read_file(dir_fd, "container.log.2");
	assert_true(str_ends(text, "Z stderr F next\n"));
	free(text);
}

/* Somebody who never ends a line fills the disk no more than others. */
static void a_line_without_an_end_cannot_fill_the_disk(void **state)
{
	const struct log_limits limits = { .max_bytes = 200, .max_files = 2 };
	uint64_t first, last;
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;

	assert_int_equal(crilog_open(dir_fd, &limits, &l), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(crilog_write(l, LINK_STDOUT, "0123456789", 10), 0);
	crilog_free(l);
	assert_int_equal(numbered_range(dir_fd, CONTAINER_LOG_FILE, &first, &last), 0);
	assert_int_equal(last - first, 1);
	assert_true(last > 10);
}

static void one_large_piece_goes_into_several_files(void **state)
{
	const struct log_limits limits = { .max_bytes = 1000, .max_files = 1000 };
	static char data[11 * 500 + 1];
	int dir_fd = ((struct folder *)*state)->fd;
	struct buf all = BUF_INIT, again = BUF_INIT;
	struct crilog *l;

	for (int i = 0; i < 500; i++)
		snprintf(data + 11 * i, 12, "%010d\n", i);
	assert_int_equal(crilog_open(dir_fd, &limits, &l), 0);
	assert_int_equal(crilog_write(l, LINK_STDOUT, data, 11 * 500), 0);
	crilog_free(l);
	for (int i = 1;; i++) {
		char name[64];
		size_t before = all.len;

		snprintf(name, sizeof(name), "container.log.%d", i);
		if (!exists(dir_fd, name))
			break;
		assert_int_equal(file_read_at(dir_fd, name, 1 << 20, &all), 0);
		assert_true(all.len - before <= 1000);
	}
	assert_int_equal(buf_add(&all, "", 1), 0);
	rebuild(all.data, "stdout", &again);
	assert_int_equal(again.len, 11 * 500);
	assert_memory_equal(again.data, data, again.len);
	buf_reset(&all);
	buf_reset(&again);
}

static void an_opened_log_goes_on_in_its_newest_file(void **state)
{
	const struct log_limits limits = { .max_bytes = 120, .max_files = 2 };
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;
	char *text;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(crilog_open(dir_fd, &limits, &l), 0);
		assert_int_equal(crilog_write(l, LINK_STDOUT, "a\n", 2), 0);
		crilog_free(l);
	}
	assert_true(exists(dir_fd, "container.log.2"));
	assert_false(exists(dir_fd, "container.log.3"));
	text = read_file(dir_fd, "container.log.1");
	assert_int_equal(strlen(text), 2 * strlen(WHEN " stdout F a\n"));
	free(text);
	assert_int_equal(crilog_open(dir_fd, &(struct log_limits){ .max_files = 1 }, &l), 0);
	assert_false(exists(dir_fd, "container.log.1"));
	crilog_free(l);
}

static void nothing_is_kept_where_no_file_may_be(void **state)
{
	int dir_fd = ((struct folder *)*state)->fd;
	struct crilog *l;

	assert_int_equal(crilog_open(dir_fd, &(struct log_limits){ 0 }, &l), 0);
	assert_int_equal(crilog_write(l, LINK_STDOUT, "a\n", 2), 0);
	crilog_free(l);
	assert_false(exists(dir_fd, "container.log.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_records, folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(a_line_without_an_end_is_partial, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(streams_can_be_rebuilt_exactly, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(a_record_cut_off_by_a_crash_is_removed,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_costs_whole_records_and_no_more,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(
			a_full_file_is_followed_by_the_next_and_the_oldest_goes, folder_set_up,
			folder_tear_down),
		cmocka_unit_test_setup_teardown(a_file_is_changed_between_lines, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(a_line_without_an_end_cannot_fill_the_disk,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(one_large_piece_goes_into_several_files,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(an_opened_log_goes_on_in_its_newest_file,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_kept_where_no_file_may_be, folder_set_up,
						folder_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

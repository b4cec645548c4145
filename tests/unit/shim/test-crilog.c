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
#include "base/path.h"
#include "base/str.h"
#include "shim/crilog.h"

#define WHEN "2026-01-02T03:04:05.000000006Z"

static char *format(enum link_channel channel, const char *data)
{
	struct buf b = BUF_INIT;

	assert_int_equal(crilog_format(&b, WHEN, channel, data, strlen(data)), 0);
	return buf_take(&b);
}

static void lines_are_records(void **state)
{
	char *text = format(LINK_STDOUT, "one\n\ntwo\n");

	(void)state;
	assert_string_equal(text,
			    WHEN " stdout F one\n" WHEN " stdout F \n" WHEN " stdout F two\n");
	free(text);
}

static void a_line_without_an_end_is_partial(void **state)
{
	char *text = format(LINK_STDERR, "one\ntwo");

	(void)state;
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
	struct buf log = BUF_INIT, out[2] = { BUF_INIT, BUF_INIT };
	static char data[200001];

	(void)state;
	for (unsigned i = 0; i < 4 * ARRAY_SIZE(sizes); i++) {
		size_t len = sizes[i % ARRAY_SIZE(sizes)];
		unsigned which = i / 2 % 2;

		fill(data, len, i);
		assert_int_equal(buf_add(&out[which], data, len), 0);
		assert_int_equal(
			crilog_format(&log, WHEN, which ? LINK_STDERR : LINK_STDOUT, data, len), 0);
	}
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

static int make_folder(void **state)
{
	static char path[] = "/tmp/moat-test-crilog-XXXXXX";
	static int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	if (!mkdtemp(path))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &fd;
	return 0;
}

static int remove_folder(void **state)
{
	char link[64], path[256];
	ssize_t n;
	int fd = *(int *)*state;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (n < 0)
		return -1;
	path[n] = '\0';
	return path_remove_tree(AT_FDCWD, path);
}

static char *read_log(int dir_fd)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read_at(dir_fd, "log", 1 << 20, &b), 0);
	return buf_take(&b);
}

static void a_record_cut_off_by_a_crash_is_removed(void **state)
{
	static const char before[] = WHEN " stdout F one\n" WHEN " stdout F tw";
	int dir_fd = *(int *)*state;
	struct crilog *l;
	char *text;

	assert_int_equal(file_write_atomic(dir_fd, "log", before, sizeof(before) - 1, 0600), 0);
	assert_int_equal(crilog_open(dir_fd, "log", &l), 0);
	assert_int_equal(crilog_write(l, LINK_STDOUT, "three\n", 6), 0);
	crilog_free(l);
	text = read_log(dir_fd);
	assert_non_null(str_starts(text, WHEN " stdout F one\n20"));
	assert_true(str_ends(text, "Z stdout F three\n"));
	free(text);
}

/* A limit on the size of files stands in for a full disk: both cut writes short. */
static void a_full_disk_costs_whole_records_and_no_more(void **state)
{
	struct rlimit old, small = { 100, RLIM_INFINITY };
	int dir_fd = *(int *)*state;
	struct crilog *l;
	char *text;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(crilog_open(dir_fd, "log", &l), 0);
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
	text = read_log(dir_fd);
	assert_int_equal(strlen(text), 2 * strlen(WHEN " stdout F ") + 13);
	assert_non_null(strstr(text, " stdout F before\n20"));
	assert_true(str_ends(text, " stdout F after\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_records),
		cmocka_unit_test(a_line_without_an_end_is_partial),
		cmocka_unit_test(streams_can_be_rebuilt_exactly),
		cmocka_unit_test_setup_teardown(a_record_cut_off_by_a_crash_is_removed, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_full_disk_costs_whole_records_and_no_more,
						make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every write, sync, truncation and rename fails in turn: what is on the disk is the old or the
 * new, and whole. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "control/exit.h"
#include "faults.h"
#include "folder.h"
#include "shim/container/crilog.h"

static struct folder *folder;

static int set_up(void **state)
{
	int r = folder_set_up(state);

	folder = *state;
	return r;
}

static int replace(void *arg)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r;

	(void)arg;
	r = file_write_atomic(folder->fd, "f", "the new one", 11, 0600);
	assert_int_equal(file_read_at(folder->fd, "f", 100, &b), 0);
	assert_int_equal(buf_add(&b, "", 1), 0);
	/* Where only the last sync failed, the new one is there already. */
	assert_true(streq(b.data, "old") || streq(b.data, "the new one"));
	assert_int_equal(faccessat(folder->fd, ".f.tmp", F_OK, 0), -1);
	if (r < 0)
		assert_int_equal(unlinkat(folder->fd, "f", 0), 0);
	return r;
}

static int replace_old(void *arg)
{
	int fd = openat(folder->fd, "f", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(pwrite(fd, "old", 3, 0), 3);
	close(fd);
	return replace(arg);
}

static void a_file_is_replaced_as_a_whole(void **state)
{
	(void)state;
	/* write, truncation, fsync, rename, fsync of the folder */
	assert_int_equal(faults_each(FAULT_FILES, replace_old, NULL), 5);
}

static int write_exit(void *arg)
{
	const struct exit_status status = { .code = 3 };

	(void)arg;
	return exit_write(folder->fd, &status, true);
}

static void an_end_is_told_as_a_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_true(faults_each(FAULT_FILES, write_exit, NULL) > 0);
}

/* Whatever failed, the log has whole records, and the last one is there. */
static void check_log(void)
{
	cleanup(buf_reset) struct buf all = BUF_INIT;

	for (int i = 1; i < 100; i++) {
		cleanup_free char *name = str_printf("container.log.%d", i);
		int r = file_read_at(folder->fd, name, 1 << 20, &all);

		assert_true(r == 0 || r == -ENOENT);
		(void)unlinkat(folder->fd, name, 0);
	}
	assert_int_equal(buf_add(&all, "", 1), 0);
	assert_true(str_ends(all.data, " stdout F last\n"));
	for (char *line = all.data, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		assert_true(str_ends(line, " stdout F line") || str_ends(line, " stdout F last"));
	}
}

static int write_log(void *arg)
{
	const struct log_limits limits = { .max_bytes = 150, .max_files = 99 };
	struct crilog *l = NULL;
	int r = crilog_open(folder->fd, &limits, &l), first = r, one = 0;
	uint64_t lost = 0;

	(void)arg;
	for (int i = 0; r == 0 && i < 11; i++) {
		/* One of the last two comes through: no more than one call fails. */
		one = crilog_write(l, LINK_STDOUT, i < 9 ? "line\n" : "last\n", 5);

		if (first == 0)
			first = one;
		lost += crilog_take_lost(l);
	}
	/* It is told with the next that comes through. */
	assert_int_equal(lost, r == 0 && first < 0 && one == 0 ? 5 : 0);
	if (r == 0)
		check_log();
	crilog_free(l);
	return first;
}

static int log_a_piece(void *arg)
{
	struct crilog *l;
	int r = crilog_open(folder->fd, &(struct log_limits){ .max_files = 1 }, &l);

	(void)arg;
	if (r < 0)
		return r;
	r = crilog_write(l, LINK_STDOUT, "a\nb\nc", 5);
	crilog_free(l);
	return r;
}

static void a_log_has_whole_records(void **state)
{
	(void)state;
	assert_true(faults_each(FAULT_FILES, write_log, NULL) > 9);
	assert_true(faults_each(FAULT_MEMORY, log_a_piece, NULL) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_replaced_as_a_whole),
		cmocka_unit_test(an_end_is_told_as_a_whole_or_not_at_all),
		cmocka_unit_test(a_log_has_whole_records),
	};

	return cmocka_run_group_tests(tests, set_up, folder_tear_down);
}

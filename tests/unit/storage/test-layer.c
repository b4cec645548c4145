/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "folder.h"
#include "storage/layer.h"

static struct folder *folder;

static int setup(void **state)
{
	int r = folder_set_up(state);

	folder = *state;
	return r;
}

/* Runs a program of e2fsprogs on the layer; its standard output goes to @ret. */
static int run(const char *program, const char *option, const char *argument, struct buf *ret)
{
	cleanup_free char *path = str_printf("%s/rw", folder->path);
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
		if (argument)
			execlp(program, program, option, argument, path, NULL);
		else
			execlp(program, program, option, path, NULL);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(fd_read_file(ends[0], MIB(1), ret), 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void create(uint64_t size_bytes)
{
	struct err err;

	if (layer_create(folder->fd, "rw", size_bytes, &err) < 0)
		fail_msg("%s", err.msg);
}

static void assert_clean(uint64_t size_bytes)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	int r;

	create(size_bytes);
	r = run("e2fsck", "-fn", NULL, &out);
	if (r == 127) {
		print_message("[  SKIPPED ] no e2fsck here\n");
		skip();
	}
	if (r != 0)
		fail_msg("e2fsck -fn of %llu bytes: %d\n%s", (unsigned long long)size_bytes, r,
			 out.data);
}

static void a_new_layer_is_clean_at_any_size(void **state)
{
	(void)state;
	assert_clean(LAYER_SIZE_MIN);
	assert_clean(MIB(100) + 12345);
	assert_clean(MIB(128));
	assert_clean(MIB(129));
	assert_clean(GIB(10));
	assert_clean(GIB(200));
}

static void the_folders_of_the_overlay_are_there(void **state)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;

	(void)state;
	create(GIB(1));
	if (run("debugfs", "-R", "ls -p", &out) == 127) {
		print_message("[  SKIPPED ] no debugfs here\n");
		skip();
	}
	assert_non_null(strstr(out.data, "/2/040755/0/0/.//"));
	assert_non_null(strstr(out.data, "/040755/0/0/upper//"));
	assert_non_null(strstr(out.data, "/040755/0/0/fresh//"));
	assert_non_null(strstr(out.data, "/040755/0/0/work//"));
	assert_null(strstr(out.data, "lost+found"));
	buf_reset(&out);
	assert_int_equal(run("debugfs", "-R", "ls -p /work", &out), 0);
	assert_non_null(strstr(out.data, "/040755/0/0/work//"));
}

static void a_layer_is_sparse(void **state)
{
	struct stat st;

	(void)state;
	create(GIB(10));
	assert_int_equal(fstatat(folder->fd, "rw", &st, 0), 0);
	assert_int_equal(st.st_size, GIB(10));
	assert_true((uint64_t)st.st_blocks * 512 < MIB(1));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void nothing_is_left_of_a_layer_that_failed(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mkdirat(folder->fd, "taken", 0700), 0);
	assert_int_equal(layer_create(folder->fd, "taken", GIB(1), &err), -EISDIR);
	assert_int_equal(faccessat(folder->fd, ".taken.tmp", F_OK, 0), -1);
	assert_non_null(strstr(err.msg, "taken"));
}

static void sizes_out_of_range_are_refused(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(layer_create(folder->fd, "x", LAYER_SIZE_MIN - 1, &err), -EINVAL);
	assert_int_equal(layer_create(folder->fd, "x", LAYER_SIZE_MAX + 1, &err), -EINVAL);
	assert_int_equal(layer_create(folder->fd, "x", UINT64_MAX, &err), -EINVAL);
	assert_int_equal(faccessat(folder->fd, "x", F_OK, 0), -1);
}

static void a_layer_that_never_came_to_the_disk_is_told(void **state)
{
	cleanup_close int fd = -1;
	struct err err;

	(void)state;
	assert_int_equal(layer_create(folder->fd, "lost", LAYER_SIZE_MIN, &err), 0);
	fd = openat(folder->fd, "lost", O_RDWR | O_CLOEXEC);
	assert_int_equal(layer_is_lost(fd), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(layer_is_lost(fd), 1);
	assert_int_equal(ftruncate(fd, LAYER_SIZE_MIN), 0);
	assert_int_equal(layer_is_lost(fd), 1);
	/* What a guest made of its superblock is its own. */
	assert_int_equal(pwrite(fd, "x", 1, 2000), 1);
	assert_int_equal(layer_is_lost(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_layer_is_clean_at_any_size),
		cmocka_unit_test(the_folders_of_the_overlay_are_there),
		cmocka_unit_test(a_layer_is_sparse),
		cmocka_unit_test(nothing_is_left_of_a_layer_that_failed),
		cmocka_unit_test(a_layer_that_never_came_to_the_disk_is_told),
		cmocka_unit_test(sizes_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, folder_tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fd, path and unix: what touches files, in a folder of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/numbered.h"
#include "base/path.h"
#include "base/unix.h"
#include "folder.h"

static struct folder *folder;

static int set_up(void **state)
{
	int r = folder_set_up(state);

	folder = *state;
	return r;
}

static void atomic_write_replaces_the_whole_file(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(file_write_atomic(folder->fd, "f", "long content", 12, 0640), 0);
	assert_int_equal(file_write_atomic(folder->fd, "f", "new", 3, 0640), 0);
	assert_int_equal(file_read_at(folder->fd, "f", 100, &b), 0);
	assert_string_equal(b.data, "new");
	assert_int_equal(faccessat(folder->fd, ".f.tmp", F_OK, 0), -1);
}

static void reserved_file_becomes_the_new_one(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct stat kept, made;

	(void)state;
	assert_int_equal(file_reserve(folder->fd, "r", 5000), 0);
	assert_int_equal(fstatat(folder->fd, ".r.tmp", &kept, 0), 0);
	assert_true(kept.st_blocks * 512 >= 5000);
	assert_int_equal(file_write_atomic(folder->fd, "r", "short", 5, 0600), 0);
	assert_int_equal(fstatat(folder->fd, "r", &made, 0), 0);
	assert_true(made.st_ino == kept.st_ino);
	assert_int_equal(file_read_at(folder->fd, "r", 100, &b), 0);
	assert_int_equal(b.len, 5);
	assert_int_equal(faccessat(folder->fd, ".r.tmp", F_OK, 0), -1);
}

static void file_past_the_limit_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(file_write_atomic(folder->fd, "big", "12345", 5, 0600), 0);
	assert_int_equal(file_read_at(folder->fd, "big", 4, &b), -EFBIG);
	assert_int_equal(file_read_at(folder->fd, "none", 4, &b), -ENOENT);
}

static void set_writes_only_to_what_exists(void **state)
{
	(void)state;
	assert_int_equal(file_set_at(folder->fd, "missing", "1"), -ENOENT);
	assert_int_equal(faccessat(folder->fd, "missing", F_OK, 0), -1);
	assert_int_equal(file_set_at(AT_FDCWD, "/dev/null", "1"), 0);
}

static void exact_read_tells_a_short_file(void **state)
{
	cleanup_close int fd = openat(folder->fd, "short", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char bytes[4];

	(void)state;
	assert_int_equal(fd_pwrite_all(fd, "abc", 3, 1), 0);
	assert_int_equal(fd_pread_exact(fd, bytes, 3, 1), 0);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(fd_pread_exact(fd, bytes, 4, 1), -ENODATA);
	assert_int_equal(fd_read_exact(fd, bytes, 4), 0);
	assert_int_equal(fd_read_exact(fd, bytes, 1), -ENODATA);
}

static void tree_is_removed_without_following_links(void **state)
{
	(void)state;
	assert_int_equal(file_write_atomic(folder->fd, "outside", "x", 1, 0600), 0);
	assert_int_equal(fchdir(folder->fd), 0);
	assert_int_equal(path_mkdir_p("t/a/b", 0700), 0);
	assert_int_equal(path_mkdir_p("t/a/b", 0700), 0);
	assert_int_equal(symlink("../..", "t/a/up"), 0);
	assert_int_equal(symlink("../outside", "t/file"), 0);
	assert_int_equal(path_remove_tree(folder->fd, "t"), 0);
	assert_int_equal(path_remove_tree(folder->fd, "t"), 0);
	assert_int_equal(access("outside", F_OK), 0);
	assert_int_equal(access("t", F_OK), -1);
}

/* Folders in each other, and names in the root that a removal would choose for those it moves. */
static void make_deep_tree(unsigned depth)
{
	cleanup_close int at = -1;

	assert_int_equal(path_open_dir(folder->fd, "deep", 0700, &at), 0);
	assert_int_equal(mkdirat(at, "0", 0700), 0);
	assert_int_equal(mkdirat(at, "1", 0700), 0);
	for (unsigned i = 0; i < depth; i++) {
		int next;

		assert_int_equal(path_open_dir(at, "d", 0700, &next), 0);
		close(at);
		at = next;
	}
	assert_int_equal(file_write_atomic(at, "f", "", 0, 0600), 0);
}

static void tree_deeper_than_descriptors_is_removed(void **state)
{
	struct rlimit before, few = { 256, 0 };

	(void)state;
	make_deep_tree(1000);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(path_remove_tree(folder->fd, "deep"), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(faccessat(folder->fd, "deep", F_OK, 0), -1);
}

static void folder_behind_a_link_is_not_opened(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(symlinkat("/", folder->fd, "link"), 0);
	assert_true(path_open_dir(folder->fd, "link", 0700, &fd) < 0);
	assert_int_equal(fd, -1);
}

/* What @fd was before is open again behind it.  Return: of fd_open_std(). */
static int open_std_without(int fd, int *ret_write)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 10), r;

	assert_true(kept >= 10);
	close(fd);
	r = fd_open_std();
	*ret_write = write(fd, "x", 1) < 0 ? -errno : 0;
	assert_int_equal(dup2(kept, fd), fd);
	close(kept);
	return r;
}

static void closed_standard_descriptors_are_opened(void **state)
{
	int input, output, error;

	(void)state;
	assert_int_equal(open_std_without(STDIN_FILENO, &input), 0);
	assert_int_equal(open_std_without(STDOUT_FILENO, &output), 0);
	assert_int_equal(open_std_without(STDERR_FILENO, &error), 0);
	assert_int_equal(input, -EBADF);
	assert_int_equal(output, -EBADF);
	assert_int_equal(error, 0);
}

static void message_and_descriptor_pass_a_socket(void **state)
{
	cleanup_close int listener = -1, client = -1, server = -1, passed = -1;
	char text[16];
	uid_t uid;

	(void)state;
	assert_int_equal(unix_connect_at(folder->fd, "s", SOCK_SEQPACKET, &client), -ENOENT);
	assert_int_equal(unix_listen_at(folder->fd, "s", SOCK_SEQPACKET, 0600, &listener), 0);
	assert_int_equal(unix_connect_at(folder->fd, "s", SOCK_SEQPACKET, &client), 0);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(server >= 0);
	assert_int_equal(unix_peer_uid(server, &uid), 0);
	assert_int_equal(uid, getuid());
	assert_int_equal(unix_send(client, "hello", 5, folder->fd), 0);
	assert_int_equal(unix_recv(server, text, sizeof(text), &passed), 5);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(faccessat(passed, "s", F_OK, 0), 0);
	assert_true(fcntl(passed, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(unix_send(client, "0123456789abcdefg", 17, -1), 0);
	fd_close(&passed);
	assert_int_equal(unix_recv(server, text, sizeof(text), &passed), -EMSGSIZE);
}

static void descriptors_arrive_in_their_order(void **state)
{
	const int dir = folder->fd;
	int sent[UNIX_FDS_MAX + 1], pair[2], got[UNIX_FDS_MAX];
	struct stat want, is;
	char text[4];

	(void)state;
	for (size_t i = 0; i <= UNIX_FDS_MAX; i++)
		sent[i] = i == 1 ? STDIN_FILENO : dir;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(unix_send_fds(pair[0], "a", 1, sent, UNIX_FDS_MAX + 1), -EINVAL);
	assert_int_equal(unix_send_fds(pair[0], "a", 1, sent, 2), 0);
	assert_int_equal(unix_recv_fds(pair[1], text, sizeof(text), got, 3), 1);
	assert_int_equal(got[2], -1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fstat(sent[i], &want), 0);
		assert_int_equal(fstat(got[i], &is), 0);
		assert_true(want.st_dev == is.st_dev && want.st_ino == is.st_ino);
		close(got[i]);
	}
	/* One that takes fewer than there are gets none. */
	assert_int_equal(unix_send_fds(pair[0], "a", 1, sent, UNIX_FDS_MAX), 0);
	assert_int_equal(unix_recv_fds(pair[1], text, sizeof(text), got, 1), -EMSGSIZE);
	close(pair[0]);
	close(pair[1]);
}

static void numbered_files_are_told_from_others(void **state)
{
	static const char *const names[] = { "n.7", "n.12", "n.9",   "n.0",
					     "n.x", "n",    "nn.99", "n.8.tmp" };
	uint64_t first, last;
	char name[NUMBERED_MAX];

	(void)state;
	assert_int_equal(numbered_range(folder->fd, "n", &first, &last), -ENOENT);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(file_write_atomic(folder->fd, names[i], "", 0, 0600), 0);
	assert_int_equal(numbered_range(folder->fd, "n", &first, &last), 0);
	assert_int_equal(first, 7);
	assert_int_equal(last, 12);
	assert_int_equal(numbered_remove(folder->fd, "n", 9), 0);
	assert_int_equal(numbered_range(folder->fd, "n", &first, &last), 0);
	assert_int_equal(first, 9);
	assert_int_equal(faccessat(folder->fd, "n.8.tmp", F_OK, 0), 0);
	numbered_name("n", 12, name);
	assert_string_equal(name, "n.12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(atomic_write_replaces_the_whole_file),
		cmocka_unit_test(reserved_file_becomes_the_new_one),
		cmocka_unit_test(file_past_the_limit_is_refused),
		cmocka_unit_test(set_writes_only_to_what_exists),
		cmocka_unit_test(exact_read_tells_a_short_file),
		cmocka_unit_test(tree_is_removed_without_following_links),
		cmocka_unit_test(tree_deeper_than_descriptors_is_removed),
		cmocka_unit_test(folder_behind_a_link_is_not_opened),
		cmocka_unit_test(numbered_files_are_told_from_others),
		cmocka_unit_test(closed_standard_descriptors_are_opened),
		cmocka_unit_test(message_and_descriptor_pass_a_socket),
		cmocka_unit_test(descriptors_arrive_in_their_order),
	};

	return cmocka_run_group_tests(tests, set_up, folder_tear_down);
}

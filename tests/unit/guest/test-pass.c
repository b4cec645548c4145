/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of this host's kernel, passed to a server of the test's own.  It knows one folder, makes
 * nothing in it, and may be gone before it answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "folder.h"
#include "guest/share/pass.h"
#include "guest/share/wake.h"

#define REQUEST_BYTES 65536
#define BLOCKED_USEC  (5 * USEC_PER_SEC)

struct share {
	struct folder *folder;
	int server; /* the server's end of the port */
	struct pass *pass;
	struct waker *waker;
};

static const struct fuse_attr root = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2 };

static void reply(int fd, uint64_t unique, int error, const void *body, size_t len)
{
	struct fuse_out_header head = { (uint32_t)(sizeof(head) + len), error, unique };

	assert_int_equal(fd_write_all(fd, &head, sizeof(head)), 0);
	assert_int_equal(fd_write_all(fd, body, len), 0);
}

/* Answers one request.  Return: its opcode; one to make a folder is not answered. */
static uint32_t serve_one(int fd)
{
	static unsigned char request[REQUEST_BYTES];
	const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
					    .minor = 31,
					    .max_write = 4096 };
	const struct fuse_attr_out attr = { .attr_valid = 100, .attr = root };
	struct fuse_in_header head;

	assert_int_equal(fd_read_exact(fd, &head, sizeof(head)), 0);
	assert_in_range(head.len, sizeof(head), sizeof(request));
	assert_int_equal(fd_read_exact(fd, request, head.len - sizeof(head)), 0);
	if (head.unique == 0 || head.opcode == FUSE_MKDIR)
		return head.opcode;
	if (head.opcode == FUSE_INIT)
		reply(fd, head.unique, 0, &init, sizeof(init));
	else if (head.opcode == FUSE_GETATTR)
		reply(fd, head.unique, 0, &attr, sizeof(attr));
	else
		reply(fd, head.unique, head.opcode == FUSE_LOOKUP ? -ENOENT : -ENOSYS, NULL, 0);
	return head.opcode;
}

static int set_up(void **state)
{
	struct share *s = calloc(1, sizeof(*s));
	cleanup_close int fuse_fd = -1;
	char options[64];
	int pair[2];

	if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		free(s);
		return 0;
	}
	folder_set_up((void **)&s->folder);
	fuse_fd = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse_fd);
	assert_int_equal(mount("test", s->folder->path, "fuse", MS_NODEV, options), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(fd_set_nonblock(pair[0], true), 0);
	assert_int_equal(pass_new(fuse_fd, pair[0], &s->pass), 0);
	(void)take_fd(&fuse_fd);
	s->server = pair[1];
	s->pass->dir = s->folder->path;
	assert_int_equal(waker_new(s->pass, s->folder->path, &s->waker), 0);
	assert_int_equal(pass_start(s->pass), 0);
	while (serve_one(s->server) != FUSE_INIT)
		continue;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct share *s = *state;

	if (!s)
		return 0;
	fd_close(&s->server);
	pass_end(s->pass);
	waker_free(s->waker);
	pass_free(s->pass);
	(void)umount2(s->folder->path, MNT_DETACH);
	folder_tear_down((void **)&s->folder);
	free(s);
	return 0;
}

/* A process that makes a folder.  It ends with the error that it gets. */
static pid_t make_folder(const struct share *s)
{
	char path[64];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/new", s->folder->path);
	pid = fork();
	if (pid == 0) {
		close(s->server);
		close(s->pass->fuse_fd);
		_exit(mkdir(path, 0755) == 0 ? 0 : errno);
	}
	assert_true(pid > 0);
	while (serve_one(s->server) != FUSE_MKDIR)
		continue;
	return pid;
}

static bool is_blocked(uint32_t thread)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	char path[64];
	const char *state;

	snprintf(path, sizeof(path), "/proc/self/task/%u/stat", thread);
	assert_int_equal(file_read_at(AT_FDCWD, path, 4096, &b), 0);
	assert_int_equal(buf_adds(&b, ""), 0);
	state = strrchr(b.data, ')');
	return state && state[2] == 'D';
}

static void test_gone_with_a_lock(void **state)
{
	const struct shares_changed m = { .head = { sizeof(m) + 5, SHARES_CHANGED, 0 },
					  .parent = 1,
					  .what = SHARES_ENTRY };
	struct share *s = *state;
	uint64_t until = clock_mono_usec() + BLOCKED_USEC;
	int status;
	pid_t pid;

	if (!s)
		skip();
	/* The process has the folder's lock, for which the waker waits in the middle of a write. */
	pid = make_folder(s);
	assert_int_equal(fd_write_all(s->server, &m, sizeof(m)), 0);
	assert_int_equal(fd_write_all(s->server, "other", 5), 0);
	while (!is_blocked(s->pass->waker) && clock_mono_usec() < until)
		usleep(1000);
	fd_close(&s->server);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_set((LargestIntegralType)WEXITSTATUS(status),
		      ((LargestIntegralType[]){ ENOTCONN, ECONNABORTED }), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_gone_with_a_lock, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

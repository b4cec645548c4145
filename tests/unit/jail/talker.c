/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/fd.h"
#include "base/macro.h"
#include "jail/zygote.h"
#include "talker.h"

/* The program that is forked, and the library that does it; from the command line. */
static char *program, *library;

bool talkers_init(int argc, char **argv)
{
	if (argc != 3)
		return false;
	program = argv[1];
	library = argv[2];
	return true;
}

static void make_pair(int ret[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret), 0);
}

struct jail bounds(void)
{
	static const int calls[] = { SYS_recvmsg,	SYS_sendmsg, SYS_eventfd2,
				     SYS_epoll_create1, SYS_pipe2,   SYS_timerfd_create };

	return (struct jail){ .syscalls = calls,
			      .n_syscalls = ARRAY_SIZE(calls),
			      .threads = 16,
			      .memory_bytes = MIB(256),
			      .file_bytes = MIB(1) };
}

void spawn_talker(bool with_library, struct talker *ret)
{
	const char *expose[] = { program,      "/lib",		 "/lib64",	     "/usr/lib",
				 "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", NULL };
	const char *const none[] = { NULL };
	char *argv[] = { program, NULL };
	cleanup_close int library_fd = open(library, O_RDONLY | O_CLOEXEC), filter_fd = -1;
	cleanup_close int log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	cleanup_free char *setting = zygote_setting(TALK_FD + 2, TALK_FD + 3);
	struct jail j = bounds();
	int talk[2], forks[2];
	struct jail_fd fds[4];
	struct err err;

	make_pair(talk);
	make_pair(forks);
	assert_int_equal(zygote_filter(&j, &filter_fd, &err), 0);
	fds[0] = (struct jail_fd){ .name = "talk", .fd = talk[1] };
	fds[1] = (struct jail_fd){ .name = "library", .fd = library_fd, .reopen = true };
	fds[1].library = with_library;
	fds[2] = (struct jail_fd){ .name = "zygote", .fd = forks[1] };
	fds[3] = (struct jail_fd){ .name = "filter", .fd = filter_fd };
	j.argv = argv;
	j.expose = expose;
	j.devices = none;
	j.fds = fds;
	j.n_fds = ARRAY_SIZE(fds);
	j.log_fd = log_fd;
	j.setting = setting;
	j.forks = 64;
	*ret = (struct talker){ .talk_fd = talk[0], .forks_fd = forks[0], .life_fd = -1 };
	if (jail_spawn(&j, &ret->pid, &ret->pidfd, &ret->group, &err) < 0)
		fail_msg("%s", err.msg);
	close(talk[1]);
	close(forks[1]);
}

int talk(const struct talker *t, char command, char *ret, size_t size)
{
	ssize_t n;

	if (write(t->talk_fd, &command, 1) != 1 || fd_wait(t->talk_fd, POLLIN, HANG_MSEC) <= 0)
		return -EPIPE;
	n = read(t->talk_fd, ret, size - 1);
	if (n <= 0)
		return -EPIPE;
	ret[n] = '\0';
	return 0;
}

int ask(const struct talker *t, char command)
{
	char text[64];
	int r = talk(t, command, text, sizeof(text));

	return r < 0 ? r : atoi(text);
}

/* Who was forked as another user puts itself into its group by a file that root opened. */
static void skip_where_nobody_can_join(void)
{
	struct utsname u;
	unsigned major, minor;

	if (geteuid() != 0 || access("/sys/fs/cgroup/cgroup.controllers", F_OK) < 0)
		return;
	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return;
	if (major < 5 || (major == 5 && minor < 16)) {
		print_message("skipped: with control groups of version 2, forks as root need Linux "
			      "5.16\n");
		skip();
	}
}

void begin_zygote(struct talker *z)
{
	struct err err;

	skip_where_nobody_can_join();
	spawn_talker(true, z);
	assert_true(fd_wait(z->forks_fd, POLLIN, HANG_MSEC) > 0);
	if (zygote_check(z->forks_fd, &err) < 0)
		fail_msg("%s", err.msg);
}

void end_zygote(struct talker *z)
{
	kill(z->pid, SIGKILL);
	waitpid(z->pid, NULL, 0);
	group_remove(&z->group);
	close(z->pidfd);
	close(z->talk_fd);
	close(z->forks_fd);
}

int try_fork(const struct talker *z, struct talker *ret, struct err *err)
{
	const struct jail j = bounds();
	struct zygote_child child;
	int pair[2], r;

	make_pair(pair);
	r = zygote_fork(&(struct zygote_fork){ .fd = z->forks_fd,
					       .j = &j,
					       .moves = &(struct zygote_move){ pair[1], TALK_FD },
					       .n_moves = 1,
					       .timeout_msec = HANG_MSEC },
			&child, err);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	*ret = (struct talker){ .pid = child.pid,
				.pidfd = child.pidfd,
				.talk_fd = pair[0],
				.forks_fd = -1,
				.life_fd = child.life_fd,
				.group = child.group };
	return 0;
}

void fork_of(const struct talker *z, struct talker *ret)
{
	struct err err;
	int r = try_fork(z, ret, &err);

	if (r == -EPERM) {
		print_message("skipped: the host permits no process namespaces\n");
		skip();
	}
	if (r < 0)
		fail_msg("%s", err.msg);
}

void expect_end(const struct talker *t)
{
	assert_true(fd_wait(t->pidfd, POLLIN, HANG_MSEC) > 0);
}

void end_forked(struct talker *t)
{
	close(t->life_fd);
	expect_end(t);
	group_remove(&t->group);
	close(t->pidfd);
	close(t->talk_fd);
}

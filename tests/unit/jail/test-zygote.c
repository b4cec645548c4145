/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"
#include "jail/zygote-request.h"
#include "jail/zygote.h"

#define WAIT_MSEC 60000 /* on a busy host */
#define TALK_FD	  JAIL_FD_FIRST

/* The program that is forked, and the library that does it; from the command line. */
static char *program, *library;

/* A process that can be talked to. */
struct talker {
	pid_t pid;
	int pidfd, talk_fd;
	int forks_fd; /* of a zygote */
	int life_fd;  /* of what was forked */
	struct jail_group group;
};

static void make_pair(int ret[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret), 0);
}

static struct jail bounds(void)
{
	static const int calls[] = { SYS_recvmsg,	SYS_sendmsg, SYS_eventfd2,
				     SYS_epoll_create1, SYS_pipe2,   SYS_timerfd_create };

	return (struct jail){ .syscalls = calls,
			      .n_syscalls = ARRAY_SIZE(calls),
			      .threads = 16,
			      .memory_bytes = MIB(256),
			      .file_bytes = MIB(1) };
}

static void spawn(bool with_library, struct talker *ret)
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

static int talk(const struct talker *t, char command, char *ret, size_t size)
{
	ssize_t n;

	if (write(t->talk_fd, &command, 1) != 1 || fd_wait(t->talk_fd, POLLIN, WAIT_MSEC) <= 0)
		return -EPIPE;
	n = read(t->talk_fd, ret, size - 1);
	if (n <= 0)
		return -EPIPE;
	ret[n] = '\0';
	return 0;
}

static int ask(const struct talker *t, char command)
{
	char text[64];
	int r = talk(t, command, text, sizeof(text));

	return r < 0 ? r : atoi(text);
}

static void begin_zygote(struct talker *z)
{
	struct err err;

	spawn(true, z);
	assert_true(fd_wait(z->forks_fd, POLLIN, WAIT_MSEC) > 0);
	if (zygote_check(z->forks_fd, &err) < 0)
		fail_msg("%s", err.msg);
}

static void end_zygote(struct talker *z)
{
	kill(z->pid, SIGKILL);
	waitpid(z->pid, NULL, 0);
	group_remove(&z->group);
	close(z->pidfd);
	close(z->talk_fd);
	close(z->forks_fd);
}

static int try_fork(const struct talker *z, struct talker *ret, struct err *err)
{
	const struct jail j = bounds();
	struct zygote_child child;
	int pair[2], r;

	make_pair(pair);
	r = zygote_fork(&(struct zygote_fork){ .fd = z->forks_fd,
					       .j = &j,
					       .moves = &(struct zygote_move){ pair[1], TALK_FD },
					       .n_moves = 1,
					       .timeout_msec = WAIT_MSEC },
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

static void fork_of(const struct talker *z, struct talker *ret)
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

static void expect_end(const struct talker *t)
{
	assert_true(fd_wait(t->pidfd, POLLIN, WAIT_MSEC) > 0);
}

static void end_forked(struct talker *t)
{
	close(t->life_fd);
	expect_end(t);
	group_remove(&t->group);
	close(t->pidfd);
	close(t->talk_fd);
}

static void what_is_forked_goes_on_where_it_was_with_all_threads(void **state)
{
	struct talker z, a, b;

	(void)state;
	begin_zygote(&z);
	assert_int_equal(ask(&z, 'w'), 0);
	assert_int_equal(ask(&z, 'l'), 1);
	assert_int_equal(ask(&z, 'l'), 2);
	fork_of(&z, &a);
	fork_of(&z, &b);
	assert_int_equal(ask(&a, 'w'), 2);
	assert_int_equal(ask(&b, 'w'), 2);
	assert_int_equal(ask(&a, 'l'), 3);
	assert_int_equal(ask(&a, 'w'), 3);
	assert_int_equal(ask(&b, 'w'), 2);
	end_forked(&a);
	assert_int_equal(ask(&b, 'w'), 2);
	end_forked(&b);
	end_zygote(&z);
}

/* Of /proc/PID/status; the text after "NAME:\t". */
static void read_status(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	*ret = '\0';
	while (fgets(line, sizeof(line), f)) {
		const char *rest = str_starts(line, name);

		if (rest && *rest == ':')
			snprintf(ret, size, "%.*s", (int)strcspn(rest + 2, "\n"), rest + 2);
	}
	fclose(f);
}

static void assert_status(pid_t pid, const char *name, const char *value)
{
	char got[256];

	read_status(pid, name, got, sizeof(got));
	assert_string_equal(got, value);
}

static void what_is_forked_is_in_a_jail_of_its_own(void **state)
{
	static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	struct talker z, a;
	char text[256];

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_status(a.pid, none[i], "0000000000000000");
	assert_status(a.pid, "NoNewPrivs", "1");
	assert_status(a.pid, "Seccomp", "2");
	assert_status(a.pid, "Seccomp_filters", "2");
	assert_int_equal(ask(&a, 'p'), 2);
	read_status(a.pid, "NSpid", text, sizeof(text));
	assert_string_equal(text + strlen(text) - 2, "\t2");
	if (geteuid() == 0) {
		assert_status(a.pid, "CapBnd", "0000000000000000");
		assert_true(ask(&a, 'u') > 65534);
	}
	assert_int_equal(ask(&a, 'r'), ENOSYS);
	end_forked(&a);
	end_zygote(&z);
}

static void attacks_end_it_and_nobody_else(void **state)
{
	static const char attacks[] = { 'x', 'k', 's', 'n' };
	struct talker z, neighbour, a;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &neighbour);
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		fork_of(&z, &a);
		assert_int_equal(ask(&a, 'w'), 0);
		assert_int_equal(ask(&a, attacks[i]), -EPIPE);
		expect_end(&a);
		end_forked(&a);
	}
	assert_int_equal(ask(&neighbour, 'w'), 0);
	end_forked(&neighbour);
	end_zygote(&z);
}

/* Standard streams, what it talks on, and the library's file; not the zygote's sockets and filter.
 * What it has said on which it is ready, is closed in an instant. */
static void expect_own_descriptors(const struct talker *t)
{
	char text[512] = "";

	for (int i = 0; i < WAIT_MSEC && !streq(text, "0 1 2 3 4"); i++) {
		usleep(1000);
		assert_int_equal(talk(t, 'd', text, sizeof(text)), 0);
	}
	assert_string_equal(text, "0 1 2 3 4");
}

static void nothing_of_the_zygote_is_open_in_it(void **state)
{
	struct talker z, a, b;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	fork_of(&z, &b);
	expect_own_descriptors(&b);
	expect_own_descriptors(&a);
	end_forked(&a);
	end_forked(&b);
	end_zygote(&z);
}

/* Two processes could say something to each other by it. */
static void what_has_a_file_nobody_knows_of_is_not_forked(void **state)
{
	static const char files[] = { 'o', 't' };
	struct talker z, a;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		begin_zygote(&z);
		assert_int_equal(ask(&z, files[i]), 0);
		assert_int_equal(try_fork(&z, &a, &err), -ENOTSUP);
		end_zygote(&z);
	}
}

static void it_outlives_its_zygote_but_not_whoever_asked_for_it(void **state)
{
	struct talker z, a, b;
	struct err err;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	kill(z.pid, SIGKILL);
	expect_end(&z);
	assert_int_equal(ask(&a, 'w'), 0);
	assert_true(try_fork(&z, &b, &err) < 0);
	assert_int_equal(ask(&a, 'w'), 0);
	end_forked(&a);
	end_zygote(&z);
}

static void a_program_that_has_not_loaded_the_library_is_none(void **state)
{
	struct talker z;
	struct err err;

	(void)state;
	spawn(false, &z);
	assert_int_equal(ask(&z, 'w'), 0);
	assert_int_equal(zygote_check(z.forks_fd, &err), -ENOTSUP);
	assert_non_null(strstr(err.msg, JAIL_ZYGOTE_LIBRARY));
	end_zygote(&z);
}

/* Sends a packet that no shim would send, with @n descriptors. */
static void send_odd(const struct talker *z, const void *data, size_t len, size_t n)
{
	union {
		char space[CMSG_SPACE(32 * sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(n * sizeof(int)) };
		for (size_t i = 0; i < n; i++)
			memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &z->talk_fd,
			       sizeof(int));
	}
	assert_true(sendmsg(z->forks_fd, &m, MSG_NOSIGNAL) >= 0);
}

static void packets_that_are_no_requests_change_nothing(void **state)
{
	static const struct zygote_request many_moves = { .n_moves = 255 },
					   many_groups = { .n_groups = 200 },
					   odd_group = { .n_groups = 3 }, plain = { 0 };
	static const char zeros[4096];
	struct talker z, a;

	(void)state;
	begin_zygote(&z);
	assert_int_equal(ask(&z, 'l'), 1);
	send_odd(&z, zeros, 1, 0);
	send_odd(&z, zeros, sizeof(plain) - 1, 1);
	send_odd(&z, zeros, sizeof(plain) + 1, 1);
	send_odd(&z, zeros, sizeof(zeros), 32);
	send_odd(&z, &plain, sizeof(plain), 0);
	send_odd(&z, &plain, sizeof(plain), 2);
	send_odd(&z, &plain, sizeof(plain), 32);
	send_odd(&z, &many_moves, sizeof(plain), 16);
	send_odd(&z, &many_groups, sizeof(plain), 16);
	send_odd(&z, &odd_group, sizeof(plain), 8);
	fork_of(&z, &a);
	assert_int_equal(ask(&a, 'w'), 1);
	end_forked(&a);
	end_zygote(&z);
}

static void a_descriptor_has_no_place_beyond_the_table(void **state)
{
	static const int beyond[] = { -1, 256, INT_MAX, INT_MIN };
	const struct jail j = bounds();
	struct zygote_move moves[ZYGOTE_MOVES_MAX + 1];
	struct zygote_fork f = { .j = &j, .moves = moves, .timeout_msec = WAIT_MSEC };
	struct zygote_child child;
	struct talker z, a;
	struct err err;

	(void)state;
	begin_zygote(&z);
	fork_of(&z, &a);
	f.fd = z.forks_fd;
	f.n_moves = ARRAY_SIZE(moves);
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		moves[i] = (struct zygote_move){ a.talk_fd, TALK_FD };
	assert_int_equal(zygote_fork(&f, &child, &err), -EINVAL);
	f.n_moves = 1;
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		moves[0].to = beyond[i];
		assert_int_equal(zygote_fork(&f, &child, &err), -EINVAL);
	}
	end_forked(&a);
	fork_of(&z, &a);
	assert_int_equal(ask(&a, 'w'), 0);
	end_forked(&a);
	end_zygote(&z);
}

static void a_late_jail_needs_a_filter_of_bounded_length(void **state)
{
	static const struct jail_late stays = { 0 };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(jail_enter_late(&stays, NULL, 0) == -EINVAL &&
				      jail_enter_late(&stays, NULL, JAIL_FILTER_MAX + 1) == -EINVAL
			      ? 0
			      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_forked_goes_on_where_it_was_with_all_threads),
		cmocka_unit_test(what_is_forked_is_in_a_jail_of_its_own),
		cmocka_unit_test(attacks_end_it_and_nobody_else),
		cmocka_unit_test(nothing_of_the_zygote_is_open_in_it),
		cmocka_unit_test(what_has_a_file_nobody_knows_of_is_not_forked),
		cmocka_unit_test(it_outlives_its_zygote_but_not_whoever_asked_for_it),
		cmocka_unit_test(a_program_that_has_not_loaded_the_library_is_none),
		cmocka_unit_test(packets_that_are_no_requests_change_nothing),
		cmocka_unit_test(a_descriptor_has_no_place_beyond_the_table),
		cmocka_unit_test(a_late_jail_needs_a_filter_of_bounded_length),
	};

	if (argc != 3)
		return EXIT_FAILURE;
	program = argv[1];
	library = argv[2];
	return cmocka_run_group_tests_name("zygote", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/unix.h"
#include "folder.h"
#include "net/client.h"

#define TIMEOUT_MSEC 200
#define PLENTY_MSEC  2000 /* for one who answers in time on a busy host, too */

static char room[NET_PACKET_MAX];

/* Accepts one who asks.  Return: the connection. */
static int take_request(int listen_fd, struct net_request *ret)
{
	int conn = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC), along = -1;
	ssize_t n = conn < 0 ? -1 : unix_recv(conn, room, sizeof(room), &along);

	fd_close(&along);
	/* One that only looks who listens asks for nothing. */
	if (n <= 0 || net_request_read(room, (size_t)n, ret, NULL) < 0)
		ret->op = NET_SHUTDOWN;
	return conn;
}

static void answer(int conn)
{
	cleanup_free char *text = net_answer_write(&(struct net_answer){ .version = NET_VERSION });

	if (!text || unix_send(conn, text, strlen(text), -1) < 0)
		_exit(1);
}

/* Answers whoever says hello, and what else it was asked only when it was greeted so often. */
static void be_busy(int listen_fd, unsigned greetings)
{
	int waiting = -1;

	for (;;) {
		struct net_request rq = { 0 };
		int conn = take_request(listen_fd, &rq);

		if (rq.op == NET_STATUS) {
			waiting = conn;
			continue;
		}
		if (rq.op == NET_HELLO) {
			answer(conn);
			if (greetings > 0)
				greetings--;
		}
		fd_close(&conn);
		if (waiting >= 0 && greetings == 0) {
			answer(waiting);
			fd_close(&waiting);
		}
	}
}

static void hang(int listen_fd, unsigned unused)
{
	(void)listen_fd;
	(void)unused;
	for (;;)
		pause();
}

static pid_t start_as(const char *name, const struct folder *f,
		      void (*fn)(int listen_fd, unsigned n), unsigned n)
{
	cleanup_close int fd = -1;
	cleanup_close int listening = -1;
	int pipe[2];
	char byte;
	pid_t pid;

	assert_int_equal(unix_listen_at(f->fd, NET_SOCKET_FILE, SOCK_SEQPACKET, 0600, &fd), 0);
	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (unix_listen_on(fd) < 0 || write(pipe[1], "", 1) != 1)
			_exit(1);
		fn(fd, n);
		_exit(0);
	}
	listening = pipe[0];
	close(pipe[1]);
	assert_int_equal(read(listening, &byte, 1), 1);
	return pid;
}

/* A moat-net of the test's own. */
static pid_t start(const struct folder *f, void (*fn)(int listen_fd, unsigned n), unsigned n)
{
	return start_as("moat-net", f, fn, n);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int ask_within(const struct folder *f, int timeout_msec, struct err *err)
{
	const struct net_request rq = { .op = NET_STATUS };
	const struct net_call call = { .request = &rq, .fd = -1, .timeout_msec = timeout_msec };

	return net_call(f->fd, &call, NULL, err);
}

static int ask(const struct folder *f, struct err *err)
{
	return ask_within(f, TIMEOUT_MSEC, err);
}

static void one_that_answers_others_is_waited_for(void **state)
{
	const struct folder *f = *state;
	pid_t pid = start(f, be_busy, 2);
	struct err err = { 0 };

	assert_int_equal(ask_within(f, PLENTY_MSEC, &err), 0);
	end(pid);
}

static void one_that_never_gets_to_an_answer_is_given_up(void **state)
{
	const struct folder *f = *state;
	pid_t pid = start(f, be_busy, 1000);
	struct err err = { 0 };

	assert_int_equal(ask(f, &err), -ETIMEDOUT);
	end(pid);
}

static void one_that_hangs_is_given_up_and_killed(void **state)
{
	const struct folder *f = *state;
	pid_t pid = start(f, hang, 0);
	struct err err = { 0 };
	int status;

	assert_int_equal(ask(f, &err), -ETIMEDOUT);
	net_kill(f->fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Whoever has the socket open is not the one who listens. */
	assert_int_equal(ask(f, &err), -ECONNREFUSED);
	net_kill(f->fd);
}

static void one_that_is_no_moat_net_is_left_alone(void **state)
{
	const struct folder *f = *state;
	pid_t pid = start_as("other", f, be_busy, 0);
	struct err err = { 0 };

	net_kill(f->fd);
	assert_int_equal(ask_within(f, PLENTY_MSEC, &err), 0);
	end(pid);
}

static void one_that_is_this_process_is_left_alone(void **state)
{
	const struct folder *f = *state;
	cleanup_close int fd = -1;

	assert_int_equal(unix_listen_at(f->fd, NET_SOCKET_FILE, SOCK_SEQPACKET, 0600, &fd), 0);
	net_kill(f->fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_answers_others_is_waited_for,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(one_that_never_gets_to_an_answer_is_given_up,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(one_that_hangs_is_given_up_and_killed,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_no_moat_net_is_left_alone,
						folder_set_up, folder_tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_this_process_is_left_alone,
						folder_set_up, folder_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

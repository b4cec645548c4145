/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "cli/term/stream.h"

#define BIG_BYTES (4u << 20)

/* Standard input, output and error of this process, exchanged while the stream runs. */
struct stdio {
	int saved[3];
};

static void stdio_set(struct stdio *s, const int fds[3])
{
	for (int i = 0; i < 3; i++) {
		s->saved[i] = dup(i);
		assert_true(s->saved[i] >= 0);
		assert_int_equal(dup2(fds[i], i), i);
	}
}

static void stdio_restore(struct stdio *s)
{
	for (int i = 0; i < 3; i++) {
		dup2(s->saved[i], i);
		close(s->saved[i]);
	}
}

static int memory_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int big_file(void)
{
	uint32_t word = 1;
	int fd = memory_file();
	cleanup(buf_reset) struct buf b = BUF_INIT;

	while (b.len < BIG_BYTES) {
		word = word * 1664525 + 1013904223;
		assert_int_equal(buf_add(&b, &word, sizeof(word)), 0);
	}
	assert_int_equal(fd_write_all(fd, b.data, b.len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void assert_same(int a, int b)
{
	cleanup(buf_reset) struct buf x = BUF_INIT, y = BUF_INIT;

	lseek(a, 0, SEEK_SET);
	lseek(b, 0, SEEK_SET);
	assert_int_equal(fd_read_file(a, 2 * BIG_BYTES, &x), 0);
	assert_int_equal(fd_read_file(b, 2 * BIG_BYTES, &y), 0);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
}

static int send_frame(int fd, int channel, const void *data, size_t len)
{
	unsigned char head[8] = { (unsigned char)channel,
				  0,
				  0,
				  0,
				  (unsigned char)(len >> 24),
				  (unsigned char)(len >> 16),
				  (unsigned char)(len >> 8),
				  (unsigned char)len };
	int r = fd_write_all(fd, head, sizeof(head));

	return r < 0 ? r : fd_write_all(fd, data, len);
}

/* The other end: sends all it gets back, on both channels, and closes at the end of input. */
static void echo(int fd)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	for (;;) {
		ssize_t n;

		b.len = 0;
		n = buf_read_fd(&b, fd, 30011);
		if (n < 0)
			_exit(1);
		if (n == 0)
			_exit(0);
		if (send_frame(fd, 1, b.data, b.len) < 0 || send_frame(fd, 2, b.data, b.len) < 0)
			_exit(1);
	}
}

/* Copies a pipe to a file, in small pieces. */
static void slow_reader(int from, int to)
{
	char piece[777];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) > 0)
		if (fd_write_all(to, piece, (size_t)n) < 0)
			_exit(1);
	_exit(0);
}

static void assert_child_ok(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void make_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static int run(struct stream *s, const int fds[3], struct stream_result *ret)
{
	struct stdio saved;
	int r;

	stdio_set(&saved, fds);
	r = stream_run(s, ret, NULL);
	stdio_restore(&saved);
	return r;
}

static void input_and_both_outputs_arrive_exactly(void **state)
{
	struct stream_result result = { 0 };
	struct stream s = { .send_stdin = true };
	int pair[2], fds[3] = { big_file(), memory_file(), memory_file() };
	pid_t pid;

	(void)state;
	make_pair(pair);
	pid = fork();
	if (pid == 0)
		echo(pair[1]);
	close(pair[1]);
	s.fd = pair[0];
	assert_int_equal(run(&s, fds, &result), 0);
	assert_int_equal(result.end, STREAM_ENDED);
	assert_child_ok(pid);
	assert_same(fds[0], fds[1]);
	assert_same(fds[0], fds[2]);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close(pair[0]);
}

static void a_slow_reader_gets_everything(void **state)
{
	struct stream_result result = { 0 };
	struct stream s = { .send_stdin = true };
	int pair[2], out[2], got = memory_file(), fds[3] = { big_file(), -1, memory_file() };
	pid_t echoing, reading;

	(void)state;
	make_pair(pair);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	echoing = fork();
	if (echoing == 0)
		echo(pair[1]);
	reading = fork();
	if (reading == 0) {
		close(out[1]);
		close(pair[0]);
		close(pair[1]);
		slow_reader(out[0], got);
	}
	close(pair[1]);
	close(out[0]);
	s.fd = pair[0];
	fds[1] = out[1];
	assert_int_equal(run(&s, fds, &result), 0);
	close(out[1]);
	assert_child_ok(echoing);
	assert_child_ok(reading);
	assert_same(fds[0], got);
	assert_same(fds[0], fds[2]);
	close(fds[0]);
	close(fds[2]);
	close(got);
	close(pair[0]);
}

static void bytes_that_came_early_come_first(void **state)
{
	cleanup(buf_reset) struct buf early = BUF_INIT, got = BUF_INIT;
	struct stream_result result = { 0 };
	struct stream s = { .early = &early };
	int pair[2], fds[3] = { memory_file(), memory_file(), memory_file() };

	(void)state;
	make_pair(pair);
	assert_int_equal(buf_add(&early, "\1\0\0\0\0\0\0\4ea", 10), 0);
	assert_int_equal(fd_write_all(pair[1], "rl\1\0\0\0\0\0\0\1y", 11), 0);
	close(pair[1]);
	s.fd = pair[0];
	assert_int_equal(run(&s, fds, &result), 0);
	lseek(fds[1], 0, SEEK_SET);
	assert_int_equal(fd_read_file(fds[1], 100, &got), 0);
	assert_string_equal(got.data, "early");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close(pair[0]);
}

static void a_broken_stream_is_an_error(void **state)
{
	struct stream_result result = { 0 };
	struct stream s = { 0 };
	int pair[2], fds[3] = { memory_file(), memory_file(), memory_file() };

	(void)state;
	make_pair(pair);
	assert_int_equal(fd_write_all(pair[1], "HTTP/1.1", 8), 0);
	s.fd = pair[0];
	assert_int_equal(run(&s, fds, &result), -EBADMSG);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close(pair[0]);
	close(pair[1]);
}

static void a_reader_that_went_away_is_epipe(void **state)
{
	struct stream_result result = { 0 };
	struct stream s = { 0 };
	int pair[2], out[2], fds[3] = { memory_file(), -1, memory_file() };

	(void)state;
	make_pair(pair);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	close(out[0]);
	fds[1] = out[1];
	assert_int_equal(send_frame(pair[1], 1, "x", 1), 0);
	s.fd = pair[0];
	assert_int_equal(run(&s, fds, &result), -EPIPE);
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
	close(pair[0]);
	close(pair[1]);
}

static int dial(void *arg, int *ret_fd, struct err *err)
{
	int *fd = arg;

	(void)err;
	assert_true(*fd >= 0);
	*ret_fd = take_fd(fd);
	return 0;
}

/* Reads one request, which must begin with @want, and answers it. */
static void expect(int fd, const char *want)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	cleanup(buf_reset) struct buf b = BUF_INIT;

	while (!b.data || !strstr(b.data, "\r\n\r\n"))
		if (buf_read_fd(&b, fd, 4096) <= 0)
			_exit(1);
	if (strncmp(b.data, want, strlen(want)) != 0)
		_exit(2);
	if (fd_write_all(fd, answer, strlen(answer)) < 0)
		_exit(3);
}

/* moatd and the workload in one: started, then signalled, then at its end. */
static void serve_start_and_signals(int stream_fd, int control_fd)
{
	expect(control_fd, "POST /o/start ");
	kill(getppid(), SIGTERM);
	expect(control_fd, "POST /o/kill?signal=15 ");
	kill(getppid(), SIGUSR1);
	expect(control_fd, "POST /o/kill?signal=10 ");
	_exit(send_frame(stream_fd, 1, "end", 3) < 0 ? 4 : 0);
}

/* The third is not passed on, and nothing ends by itself. */
static void serve_and_ignore(int stream_fd, int control_fd)
{
	char more;

	(void)stream_fd;
	expect(control_fd, "POST /o/start ");
	kill(getppid(), SIGINT);
	expect(control_fd, "POST /o/kill?signal=2 ");
	kill(getppid(), SIGTERM);
	expect(control_fd, "POST /o/kill?signal=15 ");
	kill(getppid(), SIGINT);
	_exit(read(control_fd, &more, 1) == 0 ? 0 : 4);
}

static enum stream_end run_against(void (*serve)(int stream_fd, int control_fd))
{
	struct stream_result result = { 0 };
	struct stream s = { .proxy_signals = true, .control = { .object = "/o", .start = true } };
	int pair[2], control[2], fds[3] = { memory_file(), memory_file(), memory_file() };
	pid_t pid;

	make_pair(pair);
	make_pair(control);
	pid = fork();
	if (pid == 0) {
		close(control[0]);
		serve(pair[1], control[1]);
	}
	close(pair[1]);
	close(control[1]);
	assert_int_equal(api_new(dial, &control[0], &s.control.api), 0);
	s.fd = pair[0];
	assert_int_equal(run(&s, fds, &result), 0);
	api_free(s.control.api);
	assert_child_ok(pid);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close(pair[0]);
	return result.end;
}

static void it_starts_and_passes_signals_on(void **state)
{
	(void)state;
	assert_int_equal(run_against(serve_start_and_signals), STREAM_ENDED);
}

static void a_third_request_to_end_leaves(void **state)
{
	(void)state;
	assert_int_equal(run_against(serve_and_ignore), STREAM_LEFT);
}

static void a_start_that_fails_ends_it(void **state)
{
	static const char answer[] = "HTTP/1.1 404 X\r\nContent-Length: 18\r\n\r\n"
				     "{\"message\":\"gone\"}";
	struct stream_result result = { 0 };
	struct stream s = { .control = { .object = "/o", .start = true } };
	int pair[2], control[2], fds[3] = { memory_file(), memory_file(), memory_file() };

	(void)state;
	make_pair(pair);
	make_pair(control);
	assert_int_equal(fd_write_all(control[1], answer, strlen(answer)), 0);
	assert_int_equal(api_new(dial, &control[0], &s.control.api), 0);
	s.fd = pair[0];
	assert_int_equal(run(&s, fds, &result), -ENOENT);
	assert_true(s.control.start_failed);
	api_free(s.control.api);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	close(pair[0]);
	close(pair[1]);
	close(control[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_and_both_outputs_arrive_exactly),
		cmocka_unit_test(a_slow_reader_gets_everything),
		cmocka_unit_test(bytes_that_came_early_come_first),
		cmocka_unit_test(a_broken_stream_is_an_error),
		cmocka_unit_test(a_reader_that_went_away_is_epipe),
		cmocka_unit_test(it_starts_and_passes_signals_on),
		cmocka_unit_test(a_third_request_to_end_leaves),
		cmocka_unit_test(a_start_that_fails_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

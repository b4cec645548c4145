/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/relay.h"

static uint64_t cpu_nsec(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A thread that waits uses no processor; one that spins always does. */
static bool comes_to_rest(pthread_t thread)
{
	clockid_t clock;

	assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
	for (int i = 0; i < 50; i++) {
		uint64_t before = cpu_nsec(clock);

		usleep(100000);
		if (i > 0 && cpu_nsec(clock) == before)
			return true;
	}
	return false;
}

/* As much as the socket holds, which is more than the relay and its pair do.  Return: bytes. */
static size_t fill(int fd)
{
	static const char block[16384];
	int most = 4 << 20;
	size_t total = 0;
	ssize_t n;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof(most)), 0);
	while ((n = send(fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		total += (size_t)n;
	return total;
}

static void test_gone_with_full_buffer(void **state)
{
	char block[16384];
	size_t sent, got = 0;
	struct relay *r;
	pthread_t thread;
	int pair[2], inner;
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	inner = relay_new(pair[0], &r);
	assert_true(inner >= 0);
	sent = fill(pair[1]);
	close(pair[1]);
	assert_int_equal(relay_start(r, &thread), 0);
	assert_true(comes_to_rest(thread));

	/* What the client sent arrives all the same, and then the relay ends. */
	assert_int_equal(fd_set_nonblock(inner, false), 0);
	while ((n = read(inner, block, sizeof(block))) > 0)
		got += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(got, sent);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(inner);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_gone_with_full_buffer) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A log that is sent to a client which takes it at its own pace. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/log/replay.h"
#include "folder.h"

#define ID    "." /* the folder of containers is the container's own */
#define LINE  "2026-01-02T03:04:05.000000001Z stdout F a line of the log\n"
#define TEXT  "a line of the log\n"
#define LINES 100000u

struct replay {
	const struct folder *folder;
	pthread_t thread;
	int client, server;
	int result;
};

/* Somebody waits for the client. */
static sem_t waits;

int __real_fd_wait(int fd, short events, int timeout_msec);
int __wrap_fd_wait(int fd, short events, int timeout_msec);
int __wrap_fd_wait(int fd, short events, int timeout_msec)
{
	sem_post(&waits);
	/* However long a time is, the client may be slower. */
	return timeout_msec < 0 ? __real_fd_wait(fd, events, timeout_msec) : 0;
}

static void *run(void *arg)
{
	static const struct log_options all = {
		.out = true, .err = true, .since_nsec = INT64_MIN, .until_nsec = INT64_MAX
	};
	struct replay *r = arg;

	r->result = log_replay(r->folder->fd, ID, &all, NULL, r->server);
	close(r->server);
	return NULL;
}

/* Until it waits for the client. */
static void begin(const struct folder *f, struct replay *r)
{
	cleanup(buf_reset) struct buf log = BUF_INIT;
	int pair[2];

	for (unsigned i = 0; i < LINES; i++)
		assert_int_equal(buf_adds(&log, LINE), 0);
	assert_int_equal(buf_add(&log, "", 1), 0);
	folder_put(f, "container.log.1", log.data);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	*r = (struct replay){ .folder = f, .client = pair[0], .server = pair[1], .result = 1 };
	assert_int_equal(sem_init(&waits, 0, 0), 0);
	assert_int_equal(thread_start(&r->thread, run, r), 0);
	assert_int_equal(sem_wait(&waits), 0);
}

static void a_client_may_be_as_slow_as_it_likes(void **state)
{
	cleanup(buf_reset) struct buf got = BUF_INIT;
	struct replay r;

	begin(*state, &r);
	while (buf_read_fd(&got, r.client, 1u << 16) > 0)
		;
	assert_int_equal(pthread_join(r.thread, NULL), 0);
	assert_int_equal(r.result, 0);
	assert_int_equal(got.len, LINES * strlen(TEXT));
	for (unsigned i = 0; i < LINES; i++)
		assert_memory_equal(got.data + i * strlen(TEXT), TEXT, strlen(TEXT));
	close(r.client);
}

static void a_client_that_goes_away_ends_it(void **state)
{
	struct replay r;

	begin(*state, &r);
	close(r.client);
	assert_int_equal(pthread_join(r.thread, NULL), 0);
	assert_int_equal(r.result, -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_client_may_be_as_slow_as_it_likes, folder_set_up,
						folder_tear_down),
		cmocka_unit_test_setup_teardown(a_client_that_goes_away_ends_it, folder_set_up,
						folder_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Requests come by a pipe that stands for /dev/fuse, one at a time, and go to a socket that stands
 * for the port. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/macro.h"
#include "guest/share/bulk.h"

#define DATA_BYTES  KIB(256)
#define FRONT_BYTES (sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in))
#define LARGE_BYTES (FRONT_BYTES + DATA_BYTES)

struct place {
	int from[2]; /* a pipe */
	int port[2];
	struct bulk bulk;
	_Alignas(8) unsigned char sent[LARGE_BYTES], got[LARGE_BYTES + 4096];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	assert_int_equal(pipe2(p->from, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(fcntl(p->from[1], F_SETPIPE_SZ, MIB(1)) >= (int)MIB(1));
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p->port), 0);
	bulk_init(&p->bulk, KIB(512));
	assert_true(p->bulk.pipe[0] >= 0);
	for (size_t i = 0; i < sizeof(p->sent); i++)
		p->sent[i] = (unsigned char)(i * 31 + i / 4096);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	bulk_reset(&p->bulk);
	for (size_t i = 0; i < 2; i++) {
		close(p->from[i]);
		close(p->port[i]);
	}
	free(p);
	return 0;
}

/* Return: what bulk_take() does. */
static ssize_t take(struct place *p, uint32_t opcode, size_t len)
{
	struct fuse_in_header head = { .len = (uint32_t)len, .opcode = opcode, .unique = 2 };

	memcpy(p->sent, &head, sizeof(head));
	assert_int_equal(fd_write_all(p->from[1], p->sent, len), 0);
	memset(p->got, 0, sizeof(p->got));
	return bulk_take(&p->bulk, p->from[0], p->got, sizeof(p->got));
}

static void takes_whole(struct place *p, uint32_t opcode, size_t len)
{
	assert_int_equal(take(p, opcode, len), len);
	assert_int_equal(p->bulk.left, 0);
	assert_memory_equal(p->got, p->sent, len);
	assert_int_equal(bulk_pass(&p->bulk, p->port[0]), 0);
}

/* Reads what has come out at the port behind the front. */
static size_t drain(struct place *p, size_t have)
{
	ssize_t n;

	while ((n = read(p->port[1], p->got + have, sizeof(p->got) - have)) > 0)
		have += (size_t)n;
	assert_int_equal(errno, EAGAIN);
	return have;
}

static void passes_in_two_parts(struct place *p)
{
	size_t have = FRONT_BYTES;
	int r;

	assert_int_equal(take(p, FUSE_WRITE, LARGE_BYTES), FRONT_BYTES);
	assert_int_equal(p->bulk.left, DATA_BYTES);
	/* The port takes less at a time. */
	while ((r = bulk_pass(&p->bulk, p->port[0])) == -EAGAIN)
		have = drain(p, have);
	assert_int_equal(r, 0);
	assert_int_equal(drain(p, have), LARGE_BYTES);
	assert_memory_equal(p->got, p->sent, LARGE_BYTES);
}

static void data_of_large_writes_that_follow_one_stay_where_they_are(void **state)
{
	struct place *p = *state;

	takes_whole(p, FUSE_WRITE, LARGE_BYTES);
	passes_in_two_parts(p);
	passes_in_two_parts(p);
}

static void all_else_comes_whole(void **state)
{
	struct place *p = *state;

	takes_whole(p, FUSE_GETATTR, 56);
	takes_whole(p, FUSE_WRITE, LARGE_BYTES);
	takes_whole(p, FUSE_GETATTR, 56);
	takes_whole(p, FUSE_WRITE, FRONT_BYTES + 1);
	takes_whole(p, FUSE_SETXATTR, KIB(64));
	takes_whole(p, FUSE_FORGET, sizeof(struct fuse_in_header));
	passes_in_two_parts(p);
	/* By then there was none for long. */
	for (int i = 0; i < 20; i++)
		takes_whole(p, FUSE_GETATTR, 56);
	takes_whole(p, FUSE_WRITE, LARGE_BYTES);
	passes_in_two_parts(p);
}

static void nothing_there_is_said_either_way(void **state)
{
	struct place *p = *state;

	assert_int_equal(bulk_take(&p->bulk, p->from[0], p->got, sizeof(p->got)), -EAGAIN);
	takes_whole(p, FUSE_WRITE, LARGE_BYTES);
	assert_int_equal(bulk_take(&p->bulk, p->from[0], p->got, sizeof(p->got)), -EAGAIN);
}

static void without_a_pipe_all_is_read(void **state)
{
	struct place *p = *state;

	bulk_reset(&p->bulk);
	bulk_init(&p->bulk, 0);
	takes_whole(p, FUSE_WRITE, LARGE_BYTES);
	takes_whole(p, FUSE_WRITE, LARGE_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			data_of_large_writes_that_follow_one_stay_where_they_are, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(all_else_comes_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_there_is_said_either_way, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_a_pipe_all_is_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

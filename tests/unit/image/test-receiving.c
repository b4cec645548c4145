/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/macro.h"
#include "image/registry/receiving.h"
#include "layer-util.h"

/* A sink that notes how it was called. */
struct noted {
	struct http_sink sink;
	struct buf all;
	uint64_t offset;
	size_t n_begun, n_written;
	int result; /* of writing */
};

static int note_begin(void *arg, uint64_t offset, struct err *err)
{
	struct noted *n = arg;

	(void)err;
	n->n_begun++;
	n->offset = offset;
	return 0;
}

static int note_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct noted *n = arg;

	n->n_written++;
	assert_int_equal(buf_add(&n->all, data, len), 0);
	return n->result < 0 ? err_set(err, n->result, "no") : 0;
}

static void noted_reset(struct noted *n)
{
	buf_reset(&n->all);
}

#define NOTED(n)                                                                                   \
	cleanup(noted_reset) struct noted n = { .sink = { note_begin, note_write, &n, 0, NULL },   \
						.all = BUF_INIT }

/* Adds bytes whose value is their place, in the pieces that libcurl has. */
static int add_bytes(struct receiving *r, size_t from, size_t to)
{
	for (size_t at = from; at < to; at += KIB(16)) {
		char piece[KIB(16)];
		size_t len = to - at < sizeof(piece) ? to - at : sizeof(piece);
		int result;

		for (size_t i = 0; i < len; i++)
			piece[i] = (char)((at + i) % 251);
		result = receiving_add(r, 7, piece, len, NULL);
		if (result < 0)
			return result;
	}
	return 0;
}

static void assert_bytes(const struct noted *n, size_t len)
{
	assert_int_equal(n->all.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal((unsigned char)n->all.data[i], i % 251);
}

static void test_what_comes_is_handed_on_in_large_pieces(void **state)
{
	cleanup(receiving_reset) struct receiving r = { 0 };
	NOTED(n);

	(void)state;
	receiving_begin(&r, &n.sink);
	assert_int_equal(receiving_flush(&r, NULL), 0);
	assert_int_equal(n.n_begun + n.n_written, 0);
	assert_int_equal(add_bytes(&r, 0, MIB(1)), 0);
	assert_int_equal(n.n_begun, 1);
	assert_int_equal(n.offset, 7);
	assert_int_equal(n.n_written, 4);
	assert_bytes(&n, MIB(1));
	assert_int_equal(add_bytes(&r, MIB(1), MIB(1) + KIB(299)), 0);
	assert_int_equal(receiving_flush(&r, NULL), 0);
	assert_int_equal(n.n_written, 6);
	assert_bytes(&n, MIB(1) + KIB(299));
}

static void test_what_came_a_while_ago_is_handed_on(void **state)
{
	cleanup(receiving_reset) struct receiving r = { 0 };
	NOTED(n);

	(void)state;
	receiving_begin(&r, &n.sink);
	assert_int_equal(add_bytes(&r, 0, 10), 0);
	while (n.n_written == 0) {
		assert_int_equal(receiving_flush_old(&r, NULL), 0);
		usleep(1000);
	}
	assert_bytes(&n, 10);
}

static void test_a_sink_that_fails_gets_nothing_twice(void **state)
{
	cleanup(receiving_reset) struct receiving r = { 0 };
	NOTED(n);

	(void)state;
	n.result = -ENOSPC;
	receiving_begin(&r, &n.sink);
	assert_int_equal(add_bytes(&r, 0, MIB(1)), -ENOSPC);
	assert_int_equal(n.n_written, 1);
	n.result = 0;
	assert_int_equal(receiving_flush(&r, NULL), 0);
	assert_int_equal(n.n_written, 1);
	/* Another answer begins anew. */
	receiving_begin(&r, &n.sink);
	assert_int_equal(add_bytes(&r, 0, 10), 0);
	assert_int_equal(n.n_begun, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_comes_is_handed_on_in_large_pieces),
		cmocka_unit_test(test_what_came_a_while_ago_is_handed_on),
		cmocka_unit_test(test_a_sink_that_fails_gets_nothing_twice),
	};

	return cmocka_run_group_tests_name("image: receiving", tests, NULL, NULL);
}

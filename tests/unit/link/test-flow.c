/* SPDX-License-Identifier: Apache-2.0 */
/* Data of a connection: credit, and queues that stay bounded. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conn-pair.h"

static void open_both(struct pair *p)
{
	assert_int_equal(link_open(p->a.conn, 1), 0);
	assert_int_equal(link_open(p->b.conn, 1), 0);
}

static void data_flows_within_credit_only(void **state)
{
	struct pair *p = pair_new(true);

	(void)state;
	open_both(p);
	assert_int_equal(link_data(p->a.conn, 1, LINK_STDIN, "x", 1), -EAGAIN);
	assert_int_equal(link_grant(p->b.conn, 1, LINK_STDIN, 4), 0);
	settle(p);
	assert_int_equal(p->a.writables, 1);
	assert_int_equal(link_credit(p->a.conn, 1, LINK_STDIN), 4);
	assert_int_equal(link_credit(p->a.conn, 1, LINK_STDOUT), 0);
	assert_int_equal(link_data(p->a.conn, 1, LINK_STDIN, "abcde", 5), -EAGAIN);
	assert_int_equal(link_data(p->a.conn, 1, LINK_STDIN, "abcd", 4), 0);
	assert_int_equal(link_credit(p->a.conn, 1, LINK_STDIN), 0);
	settle(p);
	assert_string_equal(p->b.data[LINK_STDIN].data, "abcd");
	assert_false(p->a.is_broken || p->b.is_broken);
	pair_free(p);
}

static void small_grants_are_gathered_but_never_starve_the_peer(void **state)
{
	struct pair *p = pair_new(true);
	char chunk[1024] = { 0 };

	(void)state;
	open_both(p);
	assert_int_equal(link_grant(p->b.conn, 1, LINK_STDIN, LINK_WINDOW), 0);
	settle(p);
	for (int i = 0; i < 2000; i++) {
		if (link_credit(p->a.conn, 1, LINK_STDIN) < sizeof(chunk))
			settle(p);
		assert_int_equal(link_data(p->a.conn, 1, LINK_STDIN, chunk, sizeof(chunk)), 0);
		if (i % 64 == 0)
			settle(p);
		if (p->b.data[LINK_STDIN].len > 0) {
			size_t len = p->b.data[LINK_STDIN].len;

			buf_reset(&p->b.data[LINK_STDIN]);
			assert_int_equal(link_grant(p->b.conn, 1, LINK_STDIN, len), 0);
		}
	}
	assert_in_range(p->a.writables, 2, 40);
	assert_false(p->a.is_broken || p->b.is_broken);
	pair_free(p);
}

static void grant_past_the_window_is_refused(void **state)
{
	struct pair *p = pair_new(true);

	(void)state;
	open_both(p);
	assert_int_equal(link_grant(p->b.conn, 1, LINK_STDIN, LINK_WINDOW), 0);
	assert_int_equal(link_grant(p->b.conn, 1, LINK_STDIN, 1), -EINVAL);
	assert_int_equal(link_grant(p->b.conn, 9, LINK_STDIN, 1), -ENOENT);
	assert_int_equal(link_open(p->b.conn, 1), -EEXIST);
	pair_free(p);
}

/* The peer does not read: the queue stays bounded, and writable() comes when it is short again. */
static void queue_is_bounded_and_its_room_announced(void **state)
{
	struct pair *p = pair_new(false);
	unsigned char credit[4];
	char *chunk = calloc(1, LINK_WINDOW), sink[65536];
	unsigned before;

	(void)state;
	assert_non_null(chunk);
	wire_store_u32(credit, LINK_WINDOW);
	for (uint32_t stream = 1; stream <= 8; stream++) {
		struct link_header h = {
			.size = 4, .type = LINK_CREDIT, .channel = LINK_STDOUT, .stream = stream
		};
		size_t room;

		assert_int_equal(link_open(p->a.conn, stream), 0);
		raw_frame(p, h, credit);
		settle(p);
		room = link_credit(p->a.conn, stream, LINK_STDOUT);
		if (room > 0)
			assert_int_equal(link_data(p->a.conn, stream, LINK_STDOUT, chunk, room), 0);
	}
	assert_in_range(link_pending(p->a.conn), 1, 2 * LINK_WINDOW);
	assert_int_equal(link_credit(p->a.conn, 8, LINK_STDOUT), 0);
	before = p->a.writables;
	while (link_pending(p->a.conn) > 0) {
		assert_true(read(p->raw, sink, sizeof(sink)) > 0);
		settle(p);
	}
	assert_true(p->a.writables > before);
	assert_true(link_credit(p->a.conn, 8, LINK_STDOUT) > 0);
	free(chunk);
	pair_free(p);
}

static void data_beyond_credit_breaks_the_link(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = {
		.size = 3, .type = LINK_DATA, .channel = LINK_STDOUT, .stream = 1
	};

	(void)state;
	link_open(p->a.conn, 1);
	link_grant(p->a.conn, 1, LINK_STDOUT, 2);
	raw_frame(p, h, "abc");
	raw_expect_broken(p, -EBADMSG);
}

static void data_after_its_end_breaks_the_link(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = { .type = LINK_EOF, .channel = LINK_STDOUT, .stream = 1 };

	(void)state;
	link_open(p->a.conn, 1);
	link_grant(p->a.conn, 1, LINK_STDOUT, 100);
	raw_frame(p, h, "");
	settle(p);
	assert_int_equal(p->a.messages, 1);
	assert_false(p->a.is_broken);
	h.type = LINK_DATA;
	h.size = 1;
	raw_frame(p, h, "x");
	raw_expect_broken(p, -EBADMSG);
}

static void data_for_a_stream_never_opened_breaks_the_link(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = {
		.size = 1, .type = LINK_DATA, .channel = LINK_STDOUT, .stream = 4
	};

	(void)state;
	link_open(p->a.conn, 3);
	raw_frame(p, h, "x");
	raw_expect_broken(p, -EBADMSG);
}

static void data_for_a_stream_closed_here_is_dropped(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = {
		.size = 1, .type = LINK_DATA, .channel = LINK_STDOUT, .stream = 3
	};

	(void)state;
	link_open(p->a.conn, 3);
	link_close(p->a.conn, 3);
	raw_frame(p, h, "x");
	settle(p);
	assert_false(p->a.is_broken);
	assert_int_equal(p->a.data[LINK_STDOUT].len, 0);
	pair_free(p);
}

static void a_peer_that_never_reads_gets_a_bounded_queue(void **state)
{
	struct pair *p = pair_new(false);
	unsigned char payload[1024] = { 0 };
	unsigned sent = 0;
	int r = 0;

	(void)state;
	while (r == 0 && sent < 16384) {
		r = link_send(p->a.conn, message(LINK_SIGNAL, 1), payload, sizeof(payload));
		sent++;
	}
	assert_int_equal(r, -ENOBUFS);
	assert_true(link_pending(p->a.conn) < 2 * LINK_MESSAGE_MAX);
	pair_free(p);
}

static void credit_past_the_window_breaks_the_link(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = {
		.size = 4, .type = LINK_CREDIT, .channel = LINK_STDIN, .stream = 1
	};
	unsigned char credit[4];

	(void)state;
	link_open(p->a.conn, 1);
	wire_store_u32(credit, LINK_WINDOW);
	raw_frame(p, h, credit);
	wire_store_u32(credit, 1);
	raw_frame(p, h, credit);
	raw_expect_broken(p, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_flows_within_credit_only),
		cmocka_unit_test(small_grants_are_gathered_but_never_starve_the_peer),
		cmocka_unit_test(grant_past_the_window_is_refused),
		cmocka_unit_test(queue_is_bounded_and_its_room_announced),
		cmocka_unit_test(data_beyond_credit_breaks_the_link),
		cmocka_unit_test(data_after_its_end_breaks_the_link),
		cmocka_unit_test(data_for_a_stream_never_opened_breaks_the_link),
		cmocka_unit_test(data_for_a_stream_closed_here_is_dropped),
		cmocka_unit_test(a_peer_that_never_reads_gets_a_bounded_queue),
		cmocka_unit_test(credit_past_the_window_breaks_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

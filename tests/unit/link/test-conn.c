/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends of a link on one loop, or one end against raw bytes.
 */
#include <errno.h>
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
#include "link/conn.h"

#define CONTAINER 3

/* SPAWN is about a container, the others that are sent here are not. */
static struct link_header message(enum link_type type, uint32_t stream)
{
	return (struct link_header){ .type = type,
				     .container = type == LINK_SPAWN ? CONTAINER : 0,
				     .stream = stream };
}

struct end {
	struct loop *loop;
	struct link_conn *conn;
	struct buf message; /* the last one */
	struct link_header header;
	unsigned messages, writables;
	struct buf data[LINK_CHANNELS];
	bool is_broken, free_on_message;
	int code;
};

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct end *e = arg;

	e->messages++;
	e->header = *h;
	buf_reset(&e->message);
	assert_int_equal(buf_add(&e->message, payload.data, payload.len), 0);
	if (e->free_on_message) {
		link_conn_free(e->conn);
		e->conn = NULL;
	}
	return 0;
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct end *e = arg;

	(void)stream;
	return buf_add(&e->data[channel], data, len);
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct end *e = arg;

	(void)stream;
	(void)channel;
	e->writables++;
}

static void on_broken(void *arg, int code)
{
	struct end *e = arg;

	e->is_broken = true;
	e->code = code;
}

static const struct link_handler handler = {
	.message = on_message,
	.data = on_data,
	.writable = on_writable,
	.broken = on_broken,
};

struct pair {
	struct loop *loop;
	struct end a, b;
	int raw; /* the other end of a, where there is no b */
};

static void end_open(struct end *e, struct loop *l, int fd)
{
	*e = (struct end){ .loop = l };
	assert_int_equal(link_conn_new(l, fd, &handler, e, &e->conn), 0);
}

static void end_close(struct end *e)
{
	link_conn_free(e->conn);
	buf_reset(&e->message);
	for (unsigned i = 0; i < LINK_CHANNELS; i++)
		buf_reset(&e->data[i]);
}

static struct pair *pair_new(bool with_b)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fds[2];

	assert_non_null(p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(loop_new(&p->loop), 0);
	end_open(&p->a, p->loop, fds[0]);
	p->raw = -1;
	if (with_b)
		end_open(&p->b, p->loop, fds[1]);
	else
		p->raw = fds[1];
	return p;
}

static void pair_free(struct pair *p)
{
	end_close(&p->a);
	end_close(&p->b);
	fd_close(&p->raw);
	loop_free(p->loop);
	free(p);
}

static int stop(struct source *s, void *arg)
{
	(void)s;
	loop_quit(arg, 0);
	return 0;
}

/* Runs the loop for as many rounds as any of these tests can need: sockets have no delay of their
 * own. */
static void settle(struct pair *p)
{
	struct source *timer;

	assert_int_equal(loop_add_timer(p->loop, 0, stop, p->loop, &timer), 0);
	for (int round = 0; round < 256; round++) {
		assert_int_equal(source_set_timer(timer, 0), 0);
		assert_int_equal(loop_run(p->loop), 0);
	}
	source_free(timer);
}

static void raw_frame(struct pair *p, struct link_header h, const void *payload)
{
	unsigned char bytes[LINK_HEADER_SIZE];

	link_header_put(&h, bytes);
	assert_int_equal(fd_write_all(p->raw, bytes, sizeof(bytes)), 0);
	assert_int_equal(fd_write_all(p->raw, payload, h.size), 0);
}

static void raw_expect_broken(struct pair *p, int code)
{
	settle(p);
	assert_true(p->a.is_broken);
	assert_int_equal(p->a.code, code);
	assert_int_equal(link_send(p->a.conn, message(LINK_DOWN, 0), NULL, 0), -EPIPE);
	pair_free(p);
}

static void short_message_arrives(void **state)
{
	struct pair *p = pair_new(true);

	(void)state;
	assert_int_equal(link_send(p->a.conn, message(LINK_SPAWN, 5), "abc", 3), 0);
	settle(p);
	assert_int_equal(p->b.messages, 1);
	assert_int_equal(p->b.header.type, LINK_SPAWN);
	assert_int_equal(p->b.header.container, CONTAINER);
	assert_int_equal(p->b.header.stream, 5);
	assert_string_equal(p->b.message.data, "abc");
	pair_free(p);
}

static void long_message_is_put_together_again(void **state)
{
	struct pair *p = pair_new(true);
	size_t len = 3 * LINK_PAYLOAD_MAX + 17;
	char *payload = malloc(len);

	(void)state;
	assert_non_null(payload);
	for (size_t i = 0; i < len; i++)
		payload[i] = (char)(i * 31 >> 3);
	assert_int_equal(link_send(p->a.conn, message(LINK_SPAWN, 1), payload, len), 0);
	assert_int_equal(link_send(p->a.conn, message(LINK_SPAWN, 2), payload, LINK_PAYLOAD_MAX),
			 0);
	settle(p);
	assert_int_equal(p->b.messages, 2);
	assert_int_equal(p->b.message.len, LINK_PAYLOAD_MAX);
	assert_int_equal(link_send(p->a.conn, message(LINK_SPAWN, 3), payload, len), 0);
	settle(p);
	assert_int_equal(p->b.message.len, len);
	assert_memory_equal(p->b.message.data, payload, len);
	free(payload);
	pair_free(p);
}

static void message_past_the_limit_is_not_sent(void **state)
{
	struct pair *p = pair_new(true);
	char *payload = calloc(1, LINK_MESSAGE_MAX + 1);

	(void)state;
	assert_non_null(payload);
	assert_int_equal(
		link_send(p->a.conn, message(LINK_SPAWN, 1), payload, LINK_MESSAGE_MAX + 1),
		-EMSGSIZE);
	assert_int_equal(link_send(p->a.conn, message(LINK_SPAWN, 1), payload, LINK_MESSAGE_MAX),
			 0);
	settle(p);
	assert_int_equal(p->b.message.len, LINK_MESSAGE_MAX);
	free(payload);
	pair_free(p);
}

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

static void message_for_a_stream_closed_here_is_dropped(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = { .type = LINK_EXITED, .stream = 3, .size = 1 };

	(void)state;
	assert_int_equal(link_open(p->a.conn, 3), 0);
	link_close(p->a.conn, 3);
	raw_frame(p, h, "x");
	settle(p);
	assert_false(p->a.is_broken);
	assert_int_equal(p->a.messages, 0);
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

static void more_must_be_followed_by_its_own_message(void **state)
{
	static const struct link_header others[] = {
		{ .size = 1, .type = LINK_STARTED, .stream = 2 },
		{ .size = 1, .type = LINK_PROCS, .container = 2, .stream = 1 },
	};
	struct link_header more = { .size = 1, .type = LINK_MORE, .container = 1, .stream = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct pair *p = pair_new(false);

		raw_frame(p, more, "x");
		raw_frame(p, others[i], "y");
		raw_expect_broken(p, -EBADMSG);
	}
}

static void endless_message_breaks_the_link(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header more = { .size = LINK_PAYLOAD_MAX, .type = LINK_MORE, .stream = 1 };
	char *payload = calloc(1, LINK_PAYLOAD_MAX);

	(void)state;
	assert_non_null(payload);
	for (unsigned i = 0; i < LINK_MESSAGE_MAX / LINK_PAYLOAD_MAX; i++) {
		raw_frame(p, more, payload);
		settle(p);
		assert_false(p->a.is_broken);
	}
	raw_frame(p, more, payload);
	free(payload);
	raw_expect_broken(p, -EBADMSG);
}

static void bad_header_breaks_the_link(void **state)
{
	struct pair *p = pair_new(false);

	(void)state;
	assert_int_equal(fd_write_all(p->raw, "GET / HTTP/1.1\r\n", 16), 0);
	raw_expect_broken(p, -EBADMSG);
}

static void end_of_the_stream_is_told_after_what_came_before(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = { .size = 1, .type = LINK_DOWN };

	(void)state;
	raw_frame(p, h, "x");
	fd_close(&p->raw);
	settle(p);
	assert_int_equal(p->a.messages, 1);
	raw_expect_broken(p, 0);
}

static void frame_in_single_bytes_arrives_whole(void **state)
{
	struct pair *p = pair_new(false);
	unsigned char bytes[LINK_HEADER_SIZE + 2] = { 2, 0, 0, 0, LINK_STARTED, 0,  0, 0,
						      9, 0, 0, 0, 'h',		'i' };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(p->a.messages, 0);
		assert_int_equal(fd_write_all(p->raw, &bytes[i], 1), 0);
		settle(p);
	}
	assert_int_equal(p->a.messages, 1);
	assert_string_equal(p->a.message.data, "hi");
	pair_free(p);
}

static void connection_may_be_freed_by_its_own_handler(void **state)
{
	struct pair *p = pair_new(false);
	struct link_header h = { .size = 1, .type = LINK_DOWN };

	(void)state;
	p->a.free_on_message = true;
	raw_frame(p, h, "x");
	raw_frame(p, h, "y");
	settle(p);
	assert_int_equal(p->a.messages, 1);
	assert_false(p->a.is_broken);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_message_arrives),
		cmocka_unit_test(long_message_is_put_together_again),
		cmocka_unit_test(message_past_the_limit_is_not_sent),
		cmocka_unit_test(data_flows_within_credit_only),
		cmocka_unit_test(small_grants_are_gathered_but_never_starve_the_peer),
		cmocka_unit_test(grant_past_the_window_is_refused),
		cmocka_unit_test(queue_is_bounded_and_its_room_announced),
		cmocka_unit_test(data_beyond_credit_breaks_the_link),
		cmocka_unit_test(data_after_its_end_breaks_the_link),
		cmocka_unit_test(data_for_a_stream_never_opened_breaks_the_link),
		cmocka_unit_test(data_for_a_stream_closed_here_is_dropped),
		cmocka_unit_test(message_for_a_stream_closed_here_is_dropped),
		cmocka_unit_test(a_peer_that_never_reads_gets_a_bounded_queue),
		cmocka_unit_test(credit_past_the_window_breaks_the_link),
		cmocka_unit_test(more_must_be_followed_by_its_own_message),
		cmocka_unit_test(endless_message_breaks_the_link),
		cmocka_unit_test(bad_header_breaks_the_link),
		cmocka_unit_test(end_of_the_stream_is_told_after_what_came_before),
		cmocka_unit_test(frame_in_single_bytes_arrives_whole),
		cmocka_unit_test(connection_may_be_freed_by_its_own_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

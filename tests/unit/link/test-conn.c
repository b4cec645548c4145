/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a connection, and what breaks it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fd.h"
#include "conn-pair.h"

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
		cmocka_unit_test(message_for_a_stream_closed_here_is_dropped),
		cmocka_unit_test(more_must_be_followed_by_its_own_message),
		cmocka_unit_test(endless_message_breaks_the_link),
		cmocka_unit_test(bad_header_breaks_the_link),
		cmocka_unit_test(end_of_the_stream_is_told_after_what_came_before),
		cmocka_unit_test(frame_in_single_bytes_arrives_whole),
		cmocka_unit_test(connection_may_be_freed_by_its_own_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

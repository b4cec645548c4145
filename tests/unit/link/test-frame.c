/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/frame.h"

static const unsigned char data_frame[LINK_HEADER_SIZE] = { 1, 2, 0, 0, LINK_DATA, LINK_STDERR,
							    0, 0, 7, 0, 0,	   0x80 };

static int get_changed(size_t at, unsigned char value)
{
	unsigned char bytes[LINK_HEADER_SIZE];
	struct link_header h;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i == at ? value : data_frame[i];
	return link_header_get(bytes, &h);
}

static void header_is_little_endian(void **state)
{
	struct link_header h = {
		.size = 513, .type = LINK_DATA, .channel = LINK_STDERR, .stream = 0x80000007
	};
	unsigned char bytes[LINK_HEADER_SIZE];

	(void)state;
	link_header_put(&h, bytes);
	assert_memory_equal(bytes, data_frame, sizeof(bytes));
}

static void header_comes_back_as_it_went(void **state)
{
	struct link_header h;

	(void)state;
	assert_int_equal(link_header_get(data_frame, &h), 0);
	assert_int_equal(h.size, 513);
	assert_int_equal(h.type, LINK_DATA);
	assert_int_equal(h.channel, LINK_STDERR);
	assert_int_equal(h.stream, 0x80000007);
}

static void header_with_a_field_out_of_range_is_refused(void **state)
{
	(void)state;
	assert_int_equal(get_changed(2, 1), -EBADMSG); /* size 66,049 */
	assert_int_equal(get_changed(3, 0xff), -EBADMSG);
	assert_int_equal(get_changed(4, 0), -EBADMSG);
	assert_int_equal(get_changed(4, LINK_RECLAIM + 1), -EBADMSG);
	assert_int_equal(get_changed(5, LINK_CHANNELS), -EBADMSG);
	assert_int_equal(get_changed(6, 1), -EBADMSG);
	assert_int_equal(get_changed(7, 1), -EBADMSG);
}

static void container_comes_back_as_it_went(void **state)
{
	struct link_header h = { .type = LINK_SPAWN, .container = 0xfedc, .stream = 3 }, got;
	unsigned char bytes[LINK_HEADER_SIZE];

	(void)state;
	link_header_put(&h, bytes);
	assert_int_equal(bytes[6], 0xdc);
	assert_int_equal(bytes[7], 0xfe);
	assert_int_equal(link_header_get(bytes, &got), 0);
	assert_int_equal(got.container, 0xfedc);
	assert_int_equal(got.stream, 3);
}

static int get_with(enum link_type type, uint16_t container, uint32_t stream)
{
	struct link_header h = { .type = type, .container = container, .stream = stream };
	unsigned char bytes[LINK_HEADER_SIZE];

	link_header_put(&h, bytes);
	return link_header_get(bytes, &h);
}

static void who_is_meant_is_said_exactly_where_it_has_to_be(void **state)
{
	static const enum link_type about[] = { LINK_CONTAINER, LINK_READY, LINK_SPAWN,
						LINK_FILES,	LINK_STATS, LINK_PROCS,
						LINK_LIMITS,	LINK_OOM,   LINK_REMOVE,
						LINK_REMOVED,	LINK_SPACE, LINK_NETWORK,
						LINK_CONNECT,	LINK_CALL };
	static const enum link_type others[] = { LINK_HELLO,  LINK_MACHINE,  LINK_STARTED,
						 LINK_EXITED, LINK_DATA,     LINK_EOF,
						 LINK_CREDIT, LINK_SIGNAL,   LINK_RESIZE,
						 LINK_CLOCK,  LINK_SHUTDOWN, LINK_DOWN,
						 LINK_RECLAIM };

	(void)state;
	for (size_t i = 0; i < sizeof(about) / sizeof(*about); i++) {
		assert_int_equal(get_with(about[i], 7, 0), 0);
		assert_int_equal(get_with(about[i], 0, 0), -EBADMSG);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		assert_int_equal(get_with(others[i], 0, 0), 0);
		assert_int_equal(get_with(others[i], 7, 0), -EBADMSG);
	}
	assert_int_equal(get_with(LINK_MORE, 0, 0), 0);
	assert_int_equal(get_with(LINK_MORE, 7, 1), 0);
}

static void what_failed_is_the_machine_a_container_or_a_process(void **state)
{
	(void)state;
	assert_int_equal(get_with(LINK_FAILED, 0, 0), 0);
	assert_int_equal(get_with(LINK_FAILED, 7, 0), 0);
	assert_int_equal(get_with(LINK_FAILED, 0, 1), 0);
	assert_int_equal(get_with(LINK_FAILED, 7, 1), -EBADMSG);
}

static void channel_where_it_has_no_meaning_is_refused(void **state)
{
	(void)state;
	assert_int_equal(get_changed(4, LINK_CREDIT), 0);
	assert_int_equal(get_changed(4, LINK_EOF), 0);
	assert_int_equal(get_changed(4, LINK_EXITED), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_little_endian),
		cmocka_unit_test(header_comes_back_as_it_went),
		cmocka_unit_test(header_with_a_field_out_of_range_is_refused),
		cmocka_unit_test(channel_where_it_has_no_meaning_is_refused),
		cmocka_unit_test(container_comes_back_as_it_went),
		cmocka_unit_test(who_is_meant_is_said_exactly_where_it_has_to_be),
		cmocka_unit_test(what_failed_is_the_machine_a_container_or_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

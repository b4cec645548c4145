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
	assert_int_equal(get_changed(4, LINK_OOM + 1), -EBADMSG);
	assert_int_equal(get_changed(5, LINK_CHANNELS), -EBADMSG);
	assert_int_equal(get_changed(6, 1), -EBADMSG);
	assert_int_equal(get_changed(7, 1), -EBADMSG);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/frames.h"

static void a_header_is_the_stream_and_the_length_with_its_high_byte_first(void **state)
{
	static const unsigned char want[] = { 2, 0, 0, 0, 0x01, 0x02, 0x03, 0xff };
	unsigned char header[FRAMES_HEADER_BYTES];
	unsigned stream = 0;
	uint32_t len = 0;

	(void)state;
	frames_put(header, FRAMES_STDERR, 0x010203ff);
	assert_memory_equal(header, want, sizeof(want));
	assert_int_equal(frames_get(header, &stream, &len), 0);
	assert_int_equal(stream, FRAMES_STDERR);
	assert_int_equal(len, 0x010203ff);
}

static void what_is_no_header_is_refused(void **state)
{
	(void)state;
	for (int i = 1; i < 4; i++) {
		unsigned char header[FRAMES_HEADER_BYTES] = { 1 };
		unsigned stream = 77;
		uint32_t len = 78;

		header[i] = 1;
		assert_int_equal(frames_get(header, &stream, &len), -EBADMSG);
		assert_int_equal(stream, 77);
		assert_int_equal(len, 78);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_the_stream_and_the_length_with_its_high_byte_first),
		cmocka_unit_test(what_is_no_header_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

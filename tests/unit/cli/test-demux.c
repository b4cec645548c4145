/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/term/demux.h"

static const char stream[] = "\1\0\0\0\0\0\0\5hello"
			     "\2\0\0\0\0\0\0\0"
			     "\2\0\0\0\0\0\0\3err"
			     "\1\0\0\0\0\0\0\1!";

static int feed(struct demux *d, const char *data, size_t len, struct buf out[2])
{
	while (len > 0) {
		struct demux_piece piece;
		ssize_t n = demux_next(d, data, len, &piece);

		if (n < 0)
			return (int)n;
		assert_in_range(n, 1, len);
		if (piece.len > 0)
			assert_int_equal(buf_add(&out[piece.stream - 1], piece.data, piece.len), 0);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static void output_and_error_are_told_apart_however_they_arrive(void **state)
{
	(void)state;
	for (size_t step = 1; step < sizeof(stream); step++) {
		struct demux d = { 0 };
		struct buf out[2] = { 0 };

		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t left = sizeof(stream) - 1 - at;

			assert_int_equal(feed(&d, stream + at, left < step ? left : step, out), 0);
		}
		assert_string_equal(out[0].data, "hello!");
		assert_string_equal(out[1].data, "err");
		buf_reset(&out[0]);
		buf_reset(&out[1]);
	}
}

static void a_length_of_four_bytes_is_taken_as_it_is(void **state)
{
	struct demux d = { 0 };
	struct demux_piece piece;
	static const char head[] = "\1\0\0\0\xff\xff\xff\xff"
				   "abc";

	(void)state;
	assert_int_equal(demux_next(&d, head, sizeof(head) - 1, &piece), sizeof(head) - 1);
	assert_int_equal(piece.len, 3);
	assert_int_equal(d.left, UINT32_MAX - 3);
}

static void other_headers_are_refused(void **state)
{
	static const char *const bad[] = { "\0\0\0\0\0\0\0\1", "\3\0\0\0\0\0\0\1",
					   "\1\1\0\0\0\0\0\1", "\1\0\1\0\0\0\0\1",
					   "\1\0\0\1\0\0\0\1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct demux d = { 0 };
		struct demux_piece piece;

		assert_int_equal(demux_next(&d, bad[i], FRAMES_HEADER_BYTES, &piece), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_error_are_told_apart_however_they_arrive),
		cmocka_unit_test(a_length_of_four_bytes_is_taken_as_it_is),
		cmocka_unit_test(other_headers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/frames.h"
#include "shim/container/outq.h"

static void add(struct outq *q, enum link_channel channel, const char *text)
{
	assert_int_equal(outq_add(q, channel, text, strlen(text)), 0);
}

static void expect(const struct outq *q, const char *data, size_t len)
{
	size_t got;
	const char *p = outq_peek(q, &got);

	assert_int_equal(got, len);
	if (len)
		assert_memory_equal(p, data, len);
}

static void raw_output_goes_out_as_it_is(void **state)
{
	struct outq q = { .framed = false };

	(void)state;
	add(&q, LINK_STDOUT, "out");
	add(&q, LINK_STDERR, "err");
	expect(&q, "outerr", 6);
	outq_reset(&q);
}

static void framed_output_has_dockers_header(void **state)
{
	struct outq q = { .framed = true };

	(void)state;
	add(&q, LINK_STDOUT, "out");
	add(&q, LINK_STDERR, "error");
	expect(&q, "\1\0\0\0\0\0\0\3out\2\0\0\0\0\0\0\5error", 24);
	outq_reset(&q);
}

static void pieces_of_one_channel_are_joined(void **state)
{
	struct outq q = { .framed = true };

	(void)state;
	add(&q, LINK_STDOUT, "a");
	add(&q, LINK_STDOUT, "bc");
	expect(&q, "\1\0\0\0\0\0\0\3abc", 11);
	outq_reset(&q);
}

static void a_frame_on_its_way_is_not_changed(void **state)
{
	uint64_t taken[LINK_CHANNELS] = { 0 };
	struct outq q = { .framed = true };

	(void)state;
	add(&q, LINK_STDOUT, "ab");
	outq_sent(&q, 4, taken);
	add(&q, LINK_STDOUT, "c");
	expect(&q, "\0\0\0\2ab\1\0\0\0\0\0\0\1c", 15);
	outq_reset(&q);
}

static void only_output_counts_as_taken(void **state)
{
	uint64_t taken[LINK_CHANNELS] = { 0 };
	struct outq q = { .framed = true };

	(void)state;
	add(&q, LINK_STDOUT, "abc");
	add(&q, LINK_STDERR, "de");
	outq_sent(&q, 8, taken);
	assert_int_equal(taken[LINK_STDOUT], 0);
	outq_sent(&q, 2, taken);
	assert_int_equal(taken[LINK_STDOUT], 2);
	outq_sent(&q, 10, taken);
	assert_int_equal(taken[LINK_STDOUT], 3);
	assert_int_equal(taken[LINK_STDERR], 1);
	outq_sent(&q, 1, taken);
	assert_int_equal(taken[LINK_STDERR], 2);
	expect(&q, NULL, 0);
	outq_reset(&q);
}

/* Takes whole frames off what went out. */
static void unpack(struct buf *wire, struct buf out[LINK_CHANNELS])
{
	for (;;) {
		const unsigned char *h = (unsigned char *)wire->data;
		size_t len;

		if (wire->len < FRAMES_HEADER_BYTES)
			return;
		len = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];
		assert_true(h[0] == 1 || h[0] == 2);
		if (wire->len < FRAMES_HEADER_BYTES + len)
			return;
		assert_int_equal(buf_add(&out[h[0]], h + FRAMES_HEADER_BYTES, len), 0);
		buf_consume(wire, FRAMES_HEADER_BYTES + len);
	}
}

static void any_mix_of_adding_and_sending_is_exact(void **state)
{
	struct buf in[LINK_CHANNELS] = { 0 }, out[LINK_CHANNELS] = { 0 }, wire = BUF_INIT;
	uint64_t taken[LINK_CHANNELS] = { 0 };
	struct outq q = { .framed = true };
	static char data[70000];
	unsigned seed = 1;
	size_t len;

	(void)state;
	for (int i = 0; i < 3000 || outq_peek(&q, &len); i++) {
		enum link_channel channel;
		const char *p;
		size_t n;

		seed = seed * 1103515245u + 12345u;
		channel = seed >> 16 & 1 ? LINK_STDOUT : LINK_STDERR;
		n = (seed >> 8) % (i % 100 ? 300 : sizeof(data));
		memset(data, (int)(seed >> 24), n);
		if (i < 3000) {
			assert_int_equal(outq_add(&q, channel, data, n), 0);
			assert_int_equal(buf_add(&in[channel], data, n), 0);
		}
		p = outq_peek(&q, &len);
		n = (seed >> 4) % 4000;
		n = n < len ? n : len;
		assert_int_equal(buf_add(&wire, p, n), 0);
		outq_sent(&q, n, taken);
		unpack(&wire, out);
	}
	assert_int_equal(wire.len, 0);
	for (int c = LINK_STDOUT; c <= LINK_STDERR; c++) {
		assert_int_equal(taken[c], in[c].len);
		assert_int_equal(out[c].len, in[c].len);
		assert_memory_equal(out[c].data, in[c].data, in[c].len);
		buf_reset(&in[c]);
		buf_reset(&out[c]);
	}
	buf_reset(&wire);
	outq_reset(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_output_goes_out_as_it_is),
		cmocka_unit_test(framed_output_has_dockers_header),
		cmocka_unit_test(pieces_of_one_channel_are_joined),
		cmocka_unit_test(a_frame_on_its_way_is_not_changed),
		cmocka_unit_test(only_output_counts_as_taken),
		cmocka_unit_test(any_mix_of_adding_and_sending_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

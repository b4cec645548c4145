/* SPDX-License-Identifier: Apache-2.0 */
/* What clients send and get, and container.log, against scripted guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fake.h"

static void write_both(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_output(fd, 1, LINK_STDOUT, "out\n", 4);
	guest_output(fd, 1, LINK_STDERR, "err", 3);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void output_goes_to_clients_and_log(void **state)
{
	struct buf framed = BUF_INIT, raw = BUF_INIT;
	int w, one, two;
	struct box b;
	char *log;

	(void)state;
	box_new(&b);
	box_start(&b, write_both);
	w = box_watch(&b);
	one = box_attach(&b, ATTACH_ALL);
	two = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	read_all(one, &framed);
	read_all(two, &raw);
	close(one);
	close(two);
	assert_int_equal(framed.len, 23);
	assert_memory_equal(framed.data, "\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\3err", 23);
	assert_string_equal(raw.data, "out\nerr");
	buf_reset(&framed);
	buf_reset(&raw);
	log = box_file(&b, "container.log.1");
	assert_non_null(strstr(log, "Z stdout F out\n"));
	assert_non_null(strstr(log, "Z stderr P err\n"));
	free(log);
	box_expect_end(&b, w, 0, "");
}

#define BULK (4u << 20)

static void fill(char *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)(seed >> 16);
	}
}

static void write_bulk(int fd)
{
	static char out[BULK], err[BULK];

	fill(out, BULK, 1);
	fill(err, BULK, 2);
	guest_boot(fd);
	guest_started(fd);
	for (size_t at = 0; at < BULK; at += BULK / 64) {
		guest_output(fd, 1, LINK_STDOUT, out + at, BULK / 64);
		guest_output(fd, 1, LINK_STDERR, err + at, BULK / 64);
	}
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

/* Takes frames apart into what each channel carried. */
static void unframe(const struct buf *wire, struct buf out[LINK_CHANNELS])
{
	for (size_t at = 0; at < wire->len;) {
		const unsigned char *h = (unsigned char *)wire->data + at;
		size_t len = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];

		assert_true(h[0] == 1 || h[0] == 2);
		assert_true(at + 8 + len <= wire->len);
		assert_int_equal(buf_add(&out[h[0]], h + 8, len), 0);
		at += 8 + len;
	}
}

static void much_output_arrives_exactly(void **state)
{
	struct buf wire = BUF_INIT, out[LINK_CHANNELS] = { 0 };
	static char expected[BULK];
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, write_bulk);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_ALL);
	box_ask(&b, START, -1);
	read_all(client, &wire);
	close(client);
	unframe(&wire, out);
	for (unsigned c = LINK_STDOUT; c <= LINK_STDERR; c++) {
		fill(expected, BULK, c);
		assert_int_equal(out[c].len, BULK);
		assert_memory_equal(out[c].data, expected, BULK);
		buf_reset(&out[c]);
	}
	buf_reset(&wire);
	box_expect_end(&b, w, 0, "");
}

static void a_client_that_leaves_does_not_stop_the_process(void **state)
{
	struct box b;
	int w, client;
	char some[100];

	(void)state;
	box_new(&b);
	box_start(&b, write_bulk);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	assert_int_equal(fd_read_exact(client, some, sizeof(some)), 0);
	close(client);
	box_expect_end(&b, w, 0, "");
}

static void a_client_that_does_not_read_is_left_behind(void **state)
{
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	b.options.deadlines.drain_usec = 50 * USEC_PER_MSEC;
	box_start(&b, write_bulk);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_end(&b, w, 137, "");
	close(client);
}

static void echo_after_eof(int fd)
{
	struct buf payload = BUF_INIT, input = BUF_INIT;

	guest_boot(fd);
	guest_started(fd);
	while (input.len < 10) {
		guest_grant(fd, 1, 4);
		guest_expect(fd, LINK_DATA, &payload);
		if (payload.len > 4)
			abort();
		buf_add(&input, payload.data, payload.len);
	}
	guest_expect(fd, LINK_EOF, NULL);
	guest_output(fd, 1, LINK_STDOUT, input.data, input.len);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void a_half_close_ends_the_input_and_no_more(void **state)
{
	struct buf out = BUF_INIT;
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, echo_after_eof);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_RAW);
	assert_int_equal(fd_write_all(client, "0123456789", 10), 0);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	box_ask(&b, START, -1);
	read_all(client, &out);
	assert_string_equal(out.data, "0123456789");
	buf_reset(&out);
	close(client);
	box_expect_end(&b, w, 0, "");
}

static void input_of_a_client_that_left_still_arrives(void **state)
{
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, echo_after_eof);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_RAW);
	assert_int_equal(fd_write_all(client, "0123456789", 10), 0);
	close(client);
	box_ask(&b, START, -1);
	box_expect_end(&b, w, 0, "");
}

static void ignore_input(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_output(fd, 1, LINK_STDOUT, "done", 4);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void input_nobody_reads_costs_no_output(void **state)
{
	static char junk[100000];
	struct buf out = BUF_INIT;
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, ignore_input);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_RAW);
	assert_int_equal(fd_write_all(client, junk, sizeof(junk)), 0);
	box_ask(&b, START, -1);
	read_all(client, &out);
	assert_string_equal(out.data, "done");
	buf_reset(&out);
	close(client);
	box_expect_end(&b, w, 0, "");
}

/* Credit comes in small pieces, so that keys that are held back may be all there is room for. */
static void take_typed(int fd)
{
	struct buf payload = BUF_INIT, input = BUF_INIT;
	uint32_t stream;

	guest_boot(fd);
	guest_started(fd);
	stream = guest_started(fd);
	while (input.len < 6) {
		guest_grant(fd, stream, 2);
		guest_expect(fd, LINK_DATA, &payload);
		buf_add(&input, payload.data, payload.len);
	}
	if (memcmp(input.data, "ab\1cde", 6) != 0)
		abort();
	guest_grant(fd, stream, 2);
	guest_output(fd, stream, LINK_STDOUT, "nobody hears it", 15);
	guest_exited(fd, stream, 0, 0);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void keys_end_an_attachment_and_no_process(void **state)
{
	struct buf out = BUF_INIT;
	int w, client[2];
	struct box b;

	(void)state;
	box_new(&b);
	box_start(&b, take_typed);
	w = box_watch(&b);
	box_ask(&b, START, -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client), 0);
	box_ask(&b,
		"{\"op\":\"exec\",\"target\":\"e\",\"stdin\":true,\"stdout\":true,"
		"\"detach_keys\":\"ctrl-a,d\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","
		"\"terminal\":true}}",
		client[1]);
	close(client[1]);
	assert_int_equal(fd_write_all(client[0], "ab\1cde\1dmore", 12), 0);
	read_all(client[0], &out);
	assert_int_equal(out.len, 0);
	buf_reset(&out);
	close(client[0]);
	box_expect_end(&b, w, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_goes_to_clients_and_log),
		cmocka_unit_test(much_output_arrives_exactly),
		cmocka_unit_test(a_client_that_leaves_does_not_stop_the_process),
		cmocka_unit_test(a_client_that_does_not_read_is_left_behind),
		cmocka_unit_test(a_half_close_ends_the_input_and_no_more),
		cmocka_unit_test(input_of_a_client_that_left_still_arrives),
		cmocka_unit_test(input_nobody_reads_costs_no_output),
		cmocka_unit_test(keys_end_an_attachment_and_no_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/http.h"

struct fixture {
	struct http_response h;
	struct buf body;
};

static int gather(const void *data, size_t len, void *arg)
{
	return buf_add(arg, data, len);
}

static struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	http_response_init(&f->h, gather, &f->body);
	return f;
}

static void fixture_free(struct fixture *f)
{
	http_response_reset(&f->h);
	buf_reset(&f->body);
	free(f);
}

/* Every way to cut a response in two must give the same result. */
static void check(const char *text, int status, const char *body, const char *rest)
{
	size_t len = strlen(text), whole = len - strlen(rest);

	for (size_t cut = 0; cut <= len; cut++) {
		struct fixture *f = fixture_new();
		ssize_t a = http_response_feed(&f->h, text, cut), b;

		assert_true(a >= 0);
		b = http_response_feed(&f->h, text + a, len - (size_t)a);
		assert_true(b >= 0);
		assert_int_equal(a + b, whole);
		assert_int_equal(f->h.state, HTTP_DONE);
		assert_int_equal(f->h.status, status);
		assert_string_equal(f->body.data ? f->body.data : "", body);
		fixture_free(f);
	}
}

static void refuse(const char *text, int code)
{
	struct fixture *f = fixture_new();

	assert_int_equal(http_response_feed(&f->h, text, strlen(text)), code);
	fixture_free(f);
}

static void a_body_with_a_length_ends_there(void **state)
{
	(void)state;
	check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", "");
	check("HTTP/1.1 200 OK\r\ncontent-length:5 \r\n\r\nhelloHTTP/1.1", 200, "hello",
	      "HTTP/1.1");
	check("HTTP/1.1 404 Not Found\nContent-Length: 2\n\n{}", 404, "{}", "");
	check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", "");
}

static void chunks_are_put_together(void **state)
{
	(void)state;
	check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "3\r\nabc\r\n0A;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrest",
	      200, "abc0123456789", "rest");
}

static void a_status_without_a_body_ends_at_the_head(void **state)
{
	(void)state;
	check("HTTP/1.1 204 No Content\r\n\r\nx", 204, "", "x");
	check("HTTP/1.1 304 Not Modified\r\nX: y\r\n\r\n", 304, "", "");
}

static void an_interim_response_is_skipped(void **state)
{
	(void)state;
	check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
	      201, "x", "");
}

static void an_upgrade_leaves_the_rest_to_its_protocol(void **state)
{
	struct fixture *f = fixture_new();
	const char *text =
		"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n\1raw";
	ssize_t n = http_response_feed(&f->h, text, strlen(text));

	(void)state;
	assert_int_equal((size_t)n, strlen(text) - 4);
	assert_true(f->h.upgraded);
	assert_int_equal(f->body.len, 0);
	fixture_free(f);
}

static void without_a_length_the_body_goes_on_to_the_end(void **state)
{
	struct fixture *f = fixture_new();
	const char *text = "HTTP/1.0 200 OK\r\n\r\nall of it";

	(void)state;
	assert_int_equal((size_t)http_response_feed(&f->h, text, strlen(text)), strlen(text));
	assert_int_equal(f->h.state, HTTP_UNTIL_CLOSE);
	assert_int_equal(http_response_eof(&f->h), 0);
	assert_int_equal(f->h.state, HTTP_DONE);
	assert_true(f->h.close);
	assert_string_equal(f->body.data, "all of it");
	fixture_free(f);
}

static void an_end_in_the_middle_is_an_error(void **state)
{
	static const char *const cut[] = {
		"",
		"HTTP/1.1 200",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		struct fixture *f = fixture_new();

		assert_true(http_response_feed(&f->h, cut[i], strlen(cut[i])) >= 0);
		assert_int_equal(http_response_eof(&f->h), -ECONNRESET);
		fixture_free(f);
	}
}

static void what_is_no_response_is_refused(void **state)
{
	(void)state;
	refuse("garbage\n\n", -EBADMSG);
	refuse("\n\n", -EBADMSG);
	refuse("HTTP/2 200 OK\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 99 Low\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 600 High\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 2000 Long\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\n folded: x\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\n: empty\r\n\r\n", -EBADMSG);
}

static void lengths_that_lie_are_refused(void **state)
{
	(void)state;
	refuse("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	       -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
	       -EBADMSG);
	refuse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", -EBADMSG);
}

static void a_nul_in_the_head_is_refused(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n";
	struct fixture *f = fixture_new();

	(void)state;
	assert_int_equal(http_response_feed(&f->h, text, sizeof(text) - 1), -EBADMSG);
	fixture_free(f);
}

static void endless_heads_and_lines_are_refused(void **state)
{
	size_t len = 2 * HTTP_HEAD_MAX_BYTES;
	char *text = malloc(len);
	static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct fixture *f = fixture_new();

	(void)state;
	assert_non_null(text);
	memset(text, 'a', len);
	assert_int_equal(http_response_feed(&f->h, text, len), -EFBIG);
	fixture_free(f);

	f = fixture_new();
	memset(text, '1', len);
	assert_true(http_response_feed(&f->h, chunked, sizeof(chunked) - 1) > 0);
	assert_int_equal(http_response_feed(&f->h, text, len), -EFBIG);
	fixture_free(f);
	free(text);
}

static void the_connection_closes_when_the_server_says_so(void **state)
{
	struct fixture *f = fixture_new();
	const char *text = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n"
			   "Content-Type: application/json\r\n\r\n";

	(void)state;
	assert_true(http_response_feed(&f->h, text, strlen(text)) > 0);
	assert_true(f->h.close);
	assert_string_equal(f->h.content_type, "application/json");
	fixture_free(f);
}

static int stop_at_once(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	(void)arg;
	return -ECANCELED;
}

static void an_error_of_the_receiver_ends_the_parsing(void **state)
{
	const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	struct http_response h;

	(void)state;
	http_response_init(&h, stop_at_once, NULL);
	assert_int_equal(http_response_feed(&h, text, strlen(text)), -ECANCELED);
	http_response_reset(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_with_a_length_ends_there),
		cmocka_unit_test(chunks_are_put_together),
		cmocka_unit_test(a_status_without_a_body_ends_at_the_head),
		cmocka_unit_test(an_interim_response_is_skipped),
		cmocka_unit_test(an_upgrade_leaves_the_rest_to_its_protocol),
		cmocka_unit_test(without_a_length_the_body_goes_on_to_the_end),
		cmocka_unit_test(an_end_in_the_middle_is_an_error),
		cmocka_unit_test(what_is_no_response_is_refused),
		cmocka_unit_test(lengths_that_lie_are_refused),
		cmocka_unit_test(a_nul_in_the_head_is_refused),
		cmocka_unit_test(endless_heads_and_lines_are_refused),
		cmocka_unit_test(the_connection_closes_when_the_server_says_so),
		cmocka_unit_test(an_error_of_the_receiver_ends_the_parsing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

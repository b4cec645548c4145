/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "link/connect.h"

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = len };
}

static int pass(uint32_t call, const char *path, struct link_connect *ret)
{
	char copy[64];
	const struct link_connect c = { call, copy };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	strcpy(copy, path);
	assert_int_equal(link_connect_put(&b, &c), 0);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_connect_get(view(&b, len), ret), -EBADMSG);
	return link_connect_get(view(&b, b.len), ret);
}

static void a_connection_is_to_a_path_or_takes_a_call(void **state)
{
	struct link_connect c = { 0 };

	(void)state;
	assert_int_equal(pass(0, "/run/app.sock", &c), 0);
	assert_int_equal(c.call, 0);
	assert_string_equal(c.path, "/run/app.sock");
	link_connect_reset(&c);
	assert_int_equal(pass(7, "", &c), 0);
	assert_int_equal(c.call, 7);
	link_connect_reset(&c);
	assert_int_equal(pass(0, "", &c), -EBADMSG);
	assert_int_equal(pass(0, "run", &c), -EBADMSG);
	assert_int_equal(pass(7, "/run", &c), -EBADMSG);
	assert_null(c.path);
}

static void a_call_has_a_number_and_a_socket(void **state)
{
	const struct link_call sent = { 9, 2 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_call c;

	(void)state;
	assert_int_equal(link_call_put(&b, &sent), 0);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_call_get(view(&b, len), &c), -EBADMSG);
	assert_int_equal(link_call_get(view(&b, b.len), &c), 0);
	assert_int_equal(c.number, 9);
	assert_int_equal(c.socket, 2);
	b.data[0] = 0;
	assert_int_equal(link_call_get(view(&b, b.len), &c), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_is_to_a_path_or_takes_a_call),
		cmocka_unit_test(a_call_has_a_number_and_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

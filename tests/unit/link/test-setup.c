/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "link/setup.h"

static struct wire_view view(const struct buf *b)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = b->len };
}

static void put_example(struct buf *b)
{
	char hostname[] = "box", one[] = "/proc/kcore", two[] = "/sys/firmware";
	char *masked[] = { one, two, NULL };
	struct link_setup s = {
		.clock_nsec = -5,
		.entropy = { .data = (const unsigned char *)"\0\1\2", .len = 3 },
		.hostname = hostname,
		.root_readonly = true,
		.memory_bytes = 1ULL << 40,
		.cpu_quota_usec = 50000,
		.cpu_period_usec = 100000,
		.pids_max = 7,
		.masked_paths = masked,
	};

	assert_int_equal(link_setup_put(b, &s), 0);
}

static void setup_comes_back_as_it_went(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup(link_setup_reset) struct link_setup s = { 0 };

	(void)state;
	put_example(&b);
	assert_int_equal(link_setup_get(view(&b), &s), 0);
	assert_int_equal(s.clock_nsec, -5);
	assert_int_equal(s.entropy.len, 3);
	assert_memory_equal(s.entropy.data, "\0\1\2", 3);
	assert_string_equal(s.hostname, "box");
	assert_true(s.root_readonly);
	assert_int_equal(s.memory_bytes, 1ULL << 40);
	assert_int_equal(s.cpu_quota_usec, 50000);
	assert_int_equal(s.cpu_period_usec, 100000);
	assert_int_equal(s.pids_max, 7);
	assert_int_equal(strv_len(s.masked_paths), 2);
	assert_string_equal(s.masked_paths[1], "/sys/firmware");
	assert_int_equal(strv_len(s.readonly_paths), 0);
}

static void setup_cut_anywhere_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_setup s = { 0 };

	(void)state;
	put_example(&b);
	for (size_t len = 0; len < b.len; len++) {
		struct wire_view v = { .data = (const unsigned char *)b.data, .len = len };

		assert_int_equal(link_setup_get(v, &s), -EBADMSG);
		assert_null(s.hostname);
	}
}

static void setup_with_more_behind_it_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_setup s;

	(void)state;
	put_example(&b);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_int_equal(link_setup_get(view(&b), &s), -EBADMSG);
}

static void hello_is_read_and_its_text_made_harmless(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_hello h = { .version = 9, .kernel = "6.1\033[2J", .boot_usec = 12345 }, got;

	(void)state;
	assert_int_equal(link_hello_put(&b, &h), 0);
	assert_int_equal(link_hello_get(view(&b), &got), 0);
	assert_int_equal(got.version, 9);
	assert_string_equal(got.kernel, "6.1?[2J");
	assert_int_equal(got.boot_usec, 12345);
}

static void hello_with_an_endless_release_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	char release[LINK_KERNEL_MAX + 2] = { 0 };
	struct link_hello got;

	(void)state;
	memset(release, 'r', sizeof(release) - 1);
	wire_put_u32(&b, 1);
	wire_put_str(&b, release);
	wire_put_u64(&b, 1);
	assert_int_equal(link_hello_get(view(&b), &got), -EBADMSG);
}

static int get_exited(uint32_t code, uint32_t signo, uint8_t oom)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_exited e;

	wire_put_u32(&b, code);
	wire_put_u32(&b, signo);
	wire_put_u8(&b, oom);
	return link_exited_get(view(&b), &e);
}

static void exited_is_only_what_wait_can_say(void **state)
{
	(void)state;
	assert_int_equal(get_exited(255, 0, 0), 0);
	assert_int_equal(get_exited(0, 9, 1), 0);
	assert_int_equal(get_exited(256, 0, 0), -EBADMSG);
	assert_int_equal(get_exited(0, 128, 0), -EBADMSG);
	assert_int_equal(get_exited(0, 0, 2), -EBADMSG);
}

static void failed_comes_back_as_an_error(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct err err, got;

	(void)state;
	err_set(&err, -ENOENT, "exec: \"x\":\nnot found");
	assert_int_equal(link_failed_put(&b, &err), 0);
	assert_int_equal(link_failed_get(view(&b), &got), 0);
	assert_int_equal(got.code, -ENOENT);
	assert_string_equal(got.msg, "exec: \"x\":?not found");
}

static int get_failed(uint32_t code, size_t text_len, struct err *ret)
{
	cleanup(buf_reset) struct buf b = BUF_INIT, text = BUF_INIT;

	for (size_t i = 0; i < text_len; i++)
		buf_adds(&text, "t");
	wire_put_u32(&b, code);
	wire_put_bytes(&b, text.data, text.len);
	return link_failed_get(view(&b), ret);
}

static void failed_is_an_errno_and_text_that_fits(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(get_failed(0, 1, &err), -EBADMSG);
	assert_int_equal(get_failed(4096, 1, &err), -EBADMSG);
	assert_int_equal(get_failed(UINT32_MAX, 1, &err), -EBADMSG);
	assert_int_equal(get_failed(1, 5000, &err), 0);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup_comes_back_as_it_went),
		cmocka_unit_test(setup_cut_anywhere_is_refused),
		cmocka_unit_test(setup_with_more_behind_it_is_refused),
		cmocka_unit_test(hello_is_read_and_its_text_made_harmless),
		cmocka_unit_test(hello_with_an_endless_release_is_refused),
		cmocka_unit_test(exited_is_only_what_wait_can_say),
		cmocka_unit_test(failed_comes_back_as_an_error),
		cmocka_unit_test(failed_is_an_errno_and_text_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

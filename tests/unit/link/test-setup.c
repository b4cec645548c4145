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

static void put_machine(struct buf *b)
{
	struct link_machine m = {
		.clock_nsec = -5,
		.entropy = { .data = (const unsigned char *)"\0\1\2", .len = 3 },
	};

	assert_int_equal(link_machine_put(b, &m), 0);
}

static void put_container(struct buf *b, uint8_t slot)
{
	char hostname[] = "box", one[] = "/proc/kcore", two[] = "/sys/firmware";
	char *masked[] = { one, two, NULL };
	struct link_container c = {
		.slot = slot,
		.hostname = hostname,
		.root_readonly = true,
		.memory_bytes = 1ULL << 40,
		.cpu_quota_usec = 50000,
		.cpu_period_usec = 100000,
		.pids_max = 7,
		.masked_paths = masked,
		.options = { .data = (const unsigned char *)"\3\0", .len = 2 },
	};

	assert_int_equal(link_container_put(b, &c), 0);
}

static void machine_comes_back_as_it_went(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_machine m;

	(void)state;
	put_machine(&b);
	assert_int_equal(link_machine_get(view(&b), &m), 0);
	assert_int_equal(m.clock_nsec, -5);
	assert_int_equal(m.entropy.len, 3);
	assert_memory_equal(m.entropy.data, "\0\1\2", 3);
}

static void container_comes_back_as_it_went(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup(link_container_reset) struct link_container c = { 0 };

	(void)state;
	put_container(&b, LINK_SLOTS - 1);
	assert_int_equal(link_container_get(view(&b), &c), 0);
	assert_int_equal(c.slot, LINK_SLOTS - 1);
	assert_string_equal(c.hostname, "box");
	assert_true(c.root_readonly);
	assert_int_equal(c.memory_bytes, 1ULL << 40);
	assert_int_equal(c.cpu_quota_usec, 50000);
	assert_int_equal(c.cpu_period_usec, 100000);
	assert_int_equal(c.pids_max, 7);
	assert_int_equal(strv_len(c.masked_paths), 2);
	assert_string_equal(c.masked_paths[1], "/sys/firmware");
	assert_int_equal(strv_len(c.readonly_paths), 0);
	assert_int_equal(c.options.len, 2);
	assert_memory_equal(c.options.data, "\3\0", 2);
}

static void payload_cut_anywhere_is_refused(void **state)
{
	cleanup(buf_reset) struct buf machine = BUF_INIT, container = BUF_INIT;
	struct link_container c = { 0 };
	struct link_machine m;
	struct wire_view v;

	(void)state;
	put_machine(&machine);
	for (v = view(&machine), v.len = 0; v.len < machine.len; v.len++)
		assert_int_equal(link_machine_get(v, &m), -EBADMSG);
	put_container(&container, 0);
	for (v = view(&container), v.len = 0; v.len < container.len; v.len++) {
		assert_int_equal(link_container_get(v, &c), -EBADMSG);
		assert_null(c.hostname);
	}
}

static void payload_with_more_behind_it_is_refused(void **state)
{
	cleanup(buf_reset) struct buf machine = BUF_INIT, container = BUF_INIT;
	struct link_container c;
	struct link_machine m;

	(void)state;
	put_machine(&machine);
	assert_int_equal(buf_add(&machine, "", 1), 0);
	assert_int_equal(link_machine_get(view(&machine), &m), -EBADMSG);
	put_container(&container, 0);
	assert_int_equal(buf_add(&container, "", 1), 0);
	assert_int_equal(link_container_get(view(&container), &c), -EBADMSG);
}

static void slot_whose_disks_have_no_name_is_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_container c;

	(void)state;
	put_container(&b, LINK_SLOTS);
	assert_int_equal(link_container_get(view(&b), &c), -EBADMSG);
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
		cmocka_unit_test(machine_comes_back_as_it_went),
		cmocka_unit_test(container_comes_back_as_it_went),
		cmocka_unit_test(payload_cut_anywhere_is_refused),
		cmocka_unit_test(payload_with_more_behind_it_is_refused),
		cmocka_unit_test(slot_whose_disks_have_no_name_is_refused),
		cmocka_unit_test(hello_is_read_and_its_text_made_harmless),
		cmocka_unit_test(hello_with_an_endless_release_is_refused),
		cmocka_unit_test(exited_is_only_what_wait_can_say),
		cmocka_unit_test(failed_comes_back_as_an_error),
		cmocka_unit_test(failed_is_an_errno_and_text_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

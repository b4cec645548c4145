/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "link/files.h"

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const void *)b->data, .len = len };
}

static void request_arrives_as_it_was_sent(void **state)
{
	char path[] = "/a/b/.", user[] = "1000:10";
	struct link_files sent = { LINK_FILES_PUT, LINK_FILES_KEEP_FOLDERS, path, user }, got;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(link_files_put(&b, &sent), 0);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_files_get(view(&b, len), &got), -EBADMSG);
	assert_int_equal(link_files_get(view(&b, b.len), &got), 0);
	assert_int_equal(got.op, LINK_FILES_PUT);
	assert_int_equal(got.flags, LINK_FILES_KEEP_FOLDERS);
	assert_string_equal(got.path, path);
	assert_string_equal(got.user, user);
	link_files_reset(&got);
	b.data[0] = LINK_FILES_LAYER + 1;
	assert_int_equal(link_files_get(view(&b, b.len), &got), -EBADMSG);
	b.data[0] = LINK_FILES_GET;
	b.data[1] = 64;
	assert_int_equal(link_files_get(view(&b, b.len), &got), -EBADMSG);
	buf_reset(&b);
}

static void stat_arrives_as_it_was_sent(void **state)
{
	char target[] = "/etc/x";
	struct link_stat sent = { 1ULL << 40, 0120777, -5, target }, got;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(link_stat_put(&b, &sent), 0);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_stat_get(view(&b, len), &got), -EBADMSG);
	assert_int_equal(link_stat_get(view(&b, b.len), &got), 0);
	assert_int_equal(got.size_bytes, 1ULL << 40);
	assert_int_equal(got.mode, 0120777);
	assert_int_equal(got.mtime_nsec, -5);
	assert_string_equal(got.target, target);
	link_stat_reset(&got);
	buf_reset(&b);
}

static void outcome_is_good_only_when_it_says_so(void **state)
{
	struct err bad = { .code = -ENOSPC, .msg = "/x: No space left on device" }, err = { 0 };
	struct buf b = BUF_INIT, c = BUF_INIT;

	(void)state;
	assert_int_equal(link_outcome_put(&b, NULL), 0);
	assert_int_equal(link_outcome_get(view(&b, b.len), &err), 0);
	assert_int_equal(link_outcome_get(view(&b, b.len - 1), &err), -EIO);
	assert_int_equal(link_outcome_get(view(&b, 0), &err), -EIO);
	assert_int_equal(link_outcome_put(&c, &bad), 0);
	assert_int_equal(link_outcome_get(view(&c, c.len), &err), -ENOSPC);
	assert_string_equal(err.msg, bad.msg);
	memset(c.data, 0xff, 4);
	assert_int_equal(link_outcome_get(view(&c, c.len), &err), -EIO);
	buf_reset(&b);
	buf_reset(&c);
}

static void operations_have_names(void **state)
{
	(void)state;
	for (unsigned op = LINK_FILES_STAT; op <= LINK_FILES_LAYER; op++)
		assert_int_equal(link_files_by_name(link_files_name(op)), op);
	assert_int_equal(link_files_by_name("other"), 0);
	assert_int_equal(link_files_by_name(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_arrives_as_it_was_sent),
		cmocka_unit_test(operations_have_names),
		cmocka_unit_test(stat_arrives_as_it_was_sent),
		cmocka_unit_test(outcome_is_good_only_when_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "link/query.h"

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const void *)b->data, .len = len };
}

static void stats_arrive_as_they_were_sent(void **state)
{
	struct link_stats sent = { .cpu_usec = 1, .memory_bytes = 1ULL << 40, .write_bytes = 9 };
	struct link_stats got;
	struct buf b = BUF_INIT;
	uint32_t id;

	(void)state;
	assert_int_equal(link_stats_put(&b, 77, &sent), 0);
	assert_int_equal(link_stats_get(view(&b, b.len), &id, &got), 0);
	assert_int_equal(id, 77);
	assert_memory_equal(&got, &sent, sizeof(got));
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_stats_get(view(&b, len), &id, &got), -EBADMSG);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_int_equal(link_stats_get(view(&b, b.len), &id, &got), -EBADMSG);
	buf_reset(&b);
}

static void numbers_that_json_cannot_hold_are_refused(void **state)
{
	struct link_stats sent = { .pids = UINT64_MAX }, got;
	struct buf b = BUF_INIT;
	uint32_t id;

	(void)state;
	assert_int_equal(link_stats_put(&b, 1, &sent), 0);
	assert_int_equal(link_stats_get(view(&b, b.len), &id, &got), -EBADMSG);
	buf_reset(&b);
}

static void processes_arrive_with_clean_commands(void **state)
{
	struct link_proc sent[2] = { { .pid = 1, .uid = 5, .age_usec = 7, .command = "init -x" },
				     { .pid = 9, .ppid = 1, .command = "a\033[2J\xff" } };
	struct link_proc *got;
	struct buf b = BUF_INIT;
	uint32_t id;
	size_t n;

	(void)state;
	assert_int_equal(link_procs_put(&b, 3, sent, 2), 0);
	assert_int_equal(link_procs_get(view(&b, b.len), &id, &got, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(got[0].uid, 5);
	assert_string_equal(got[0].command, "init -x");
	assert_int_equal(got[1].ppid, 1);
	assert_string_equal(got[1].command, "a?[2J?");
	free(got);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_procs_get(view(&b, len), &id, &got, &n), -EBADMSG);
	buf_reset(&b);
}

static void too_many_processes_are_refused(void **state)
{
	struct buf b = BUF_INIT;
	struct link_proc *got;
	uint32_t id;
	size_t n;

	(void)state;
	assert_int_equal(link_question_put(&b, 1), 0);
	assert_int_equal(link_question_put(&b, LINK_PROCS_MAX + 1), 0);
	assert_int_equal(link_procs_get(view(&b, b.len), &id, &got, &n), -EBADMSG);
	buf_reset(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats_arrive_as_they_were_sent),
		cmocka_unit_test(numbers_that_json_cannot_hold_are_refused),
		cmocka_unit_test(processes_arrive_with_clean_commands),
		cmocka_unit_test(too_many_processes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

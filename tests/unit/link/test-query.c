/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "link/query.h"

#define OLDER_BYTES (4 + 11 * 8) /* of STATS without the counts of a limit of processor time */

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const void *)b->data, .len = len };
}

static void stats_arrive_as_they_were_sent(void **state)
{
	struct link_stats sent = { .cpu_usec = 1,
				   .memory_bytes = 1ULL << 40,
				   .write_bytes = 9,
				   .periods = 30,
				   .throttled_periods = 20,
				   .throttled_usec = 1500000 };
	struct link_stats got;
	struct buf b = BUF_INIT;
	uint32_t id;

	(void)state;
	assert_int_equal(link_stats_put(&b, 77, &sent), 0);
	assert_int_equal(link_stats_get(view(&b, b.len), &id, &got), 0);
	assert_int_equal(id, 77);
	assert_memory_equal(&got, &sent, sizeof(got));
	for (size_t len = 0; len < b.len; len++)
		if (len != OLDER_BYTES)
			assert_int_equal(link_stats_get(view(&b, len), &id, &got), -EBADMSG);
	/* A guest of an older moat counts less. */
	assert_int_equal(link_stats_get(view(&b, OLDER_BYTES), &id, &got), 0);
	assert_int_equal(got.write_bytes, 9);
	assert_int_equal(got.throttled_usec, 0);
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
	struct link_proc sent[2] = { { .pid = 1,
				       .uid = 5,
				       .age_usec = 7,
				       .state = "R",
				       .name = "in\tit",
				       .command = "init -x" },
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
	assert_string_equal(got[0].state, "R");
	assert_string_equal(got[0].name, "in?it");
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

static void limits_and_their_answer_arrive(void **state)
{
	static const char *const sent[] = { "cpu.max=max 100000", "pids.max=5", NULL };
	struct err err = { .code = -EBUSY, .msg = "too much\n" }, got;
	struct buf b = BUF_INIT;
	char **settings;
	uint32_t id;

	(void)state;
	assert_int_equal(link_limits_put(&b, 4, (char *const *)(uintptr_t)sent), 0);
	assert_int_equal(link_limits_get(view(&b, b.len), &id, &settings), 0);
	assert_int_equal(id, 4);
	assert_string_equal(settings[1], "pids.max=5");
	strv_free(settings);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_limits_get(view(&b, len), &id, &settings), -EBADMSG);
	buf_reset(&b);
	assert_int_equal(link_done_put(&b, 5, &err), 0);
	assert_int_equal(link_done_get(view(&b, b.len), &id, &got), 0);
	assert_int_equal(id, 5);
	assert_int_equal(got.code, -EBUSY);
	assert_string_equal(got.msg, "too much?");
	assert_int_equal(link_done_get(view(&b, 4), &id, &got), 0);
	assert_int_equal(got.code, 0);
	assert_int_equal(link_done_get(view(&b, b.len - 1), &id, &got), -EBADMSG);
	buf_reset(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats_arrive_as_they_were_sent),
		cmocka_unit_test(numbers_that_json_cannot_hold_are_refused),
		cmocka_unit_test(processes_arrive_with_clean_commands),
		cmocka_unit_test(too_many_processes_are_refused),
		cmocka_unit_test(limits_and_their_answer_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

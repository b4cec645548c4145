/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "link/clock.h"

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const void *)b->data, .len = len };
}

static void a_question_arrives_as_it_was_sent(void **state)
{
	struct buf b = BUF_INIT;
	uint64_t asked;

	(void)state;
	assert_int_equal(link_clock_ask_put(&b, UINT64_MAX), 0);
	assert_int_equal(link_clock_ask_get(view(&b, b.len), &asked), 0);
	assert_true(asked == UINT64_MAX);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_clock_ask_get(view(&b, len), &asked), -EBADMSG);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_int_equal(link_clock_ask_get(view(&b, b.len), &asked), -EBADMSG);
	buf_reset(&b);
}

static void an_answer_arrives_as_it_was_sent(void **state)
{
	const struct link_clock sent = { 5, 1795604362587576853 };
	struct link_clock got;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(link_clock_put(&b, &sent), 0);
	assert_int_equal(link_clock_get(view(&b, b.len), &got), 0);
	assert_int_equal(got.asked_nsec, sent.asked_nsec);
	assert_true(got.now_nsec == sent.now_nsec);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_clock_get(view(&b, len), &got), -EBADMSG);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_int_equal(link_clock_get(view(&b, b.len), &got), -EBADMSG);
	buf_reset(&b);
}

static void times_out_of_range_are_refused(void **state)
{
	const struct link_clock before_1970 = { 5, -1 }, absurd = { UINT64_MAX, 1 };
	struct link_clock got;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(link_clock_put(&b, &before_1970), 0);
	assert_int_equal(link_clock_get(view(&b, b.len), &got), -EBADMSG);
	b.len = 0;
	assert_int_equal(link_clock_put(&b, &absurd), 0);
	assert_int_equal(link_clock_get(view(&b, b.len), &got), -EBADMSG);
	buf_reset(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_arrives_as_it_was_sent),
		cmocka_unit_test(an_answer_arrives_as_it_was_sent),
		cmocka_unit_test(times_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

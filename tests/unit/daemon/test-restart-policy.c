/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/spec/restart-policy.h"

static int read_policy(const char *text, struct restart_policy *ret)
{
	cleanup_json json_t *obj = NULL;
	struct err err = { 0 };
	int r = json_read(text, strlen(text), "policy", &obj, NULL);

	assert_int_equal(r, 0);
	r = restart_policy_read(obj, ret, &err);
	if (r < 0)
		assert_true(*err.msg);
	return r;
}

static void policies_have_docker_names(void **state)
{
	struct restart_policy p;

	(void)state;
	assert_int_equal(restart_policy_read(NULL, &p, NULL), 0);
	assert_int_equal(p.kind, RESTART_NO);
	assert_int_equal(read_policy("{\"Name\":\"\"}", &p), 0);
	assert_int_equal(p.kind, RESTART_NO);
	assert_int_equal(read_policy("{\"Name\":\"always\",\"MaximumRetryCount\":0}", &p), 0);
	assert_int_equal(p.kind, RESTART_ALWAYS);
	assert_int_equal(read_policy("{\"Name\":\"on-failure\",\"MaximumRetryCount\":3}", &p), 0);
	assert_int_equal(p.kind, RESTART_ON_FAILURE);
	assert_int_equal(p.max_retries, 3);
	assert_int_equal(read_policy("{\"Name\":\"sometimes\"}", &p), -EINVAL);
	assert_int_equal(read_policy("{\"Name\":\"always\",\"MaximumRetryCount\":3}", &p), -EINVAL);
	assert_int_equal(read_policy("{\"Name\":\"on-failure\",\"MaximumRetryCount\":-1}", &p),
			 -EINVAL);
	assert_int_equal(read_policy("{\"Name\":7}", &p), -EBADMSG);
}

static void on_failure_counts_and_looks_at_the_code(void **state)
{
	struct restart_policy p = { RESTART_ON_FAILURE, 2 };

	(void)state;
	assert_false(restart_is_wanted(&p, 0, 0));
	assert_true(restart_is_wanted(&p, 1, 0));
	assert_true(restart_is_wanted(&p, 1, 1));
	assert_false(restart_is_wanted(&p, 1, 2));
	p.max_retries = 0;
	assert_true(restart_is_wanted(&p, 1, 1000));
}

static void the_other_policies_do_not_look_at_the_code(void **state)
{
	struct restart_policy p = { RESTART_ALWAYS, 0 };

	(void)state;
	assert_true(restart_is_wanted(&p, 0, 1000));
	p.kind = RESTART_UNLESS_STOPPED;
	assert_true(restart_is_wanted(&p, 137, 0));
	p.kind = RESTART_NO;
	assert_false(restart_is_wanted(&p, 1, 0));
}

static void the_delay_doubles_up_to_a_minute_until_a_run_goes_well(void **state)
{
	uint64_t delay = 0;

	(void)state;
	delay = restart_delay(delay, 0);
	assert_int_equal(delay, 100 * USEC_PER_MSEC);
	delay = restart_delay(delay, 9 * (int64_t)NSEC_PER_SEC);
	assert_int_equal(delay, 200 * USEC_PER_MSEC);
	for (int i = 0; i < 100; i++)
		delay = restart_delay(delay, 0);
	assert_int_equal(delay, 60 * USEC_PER_SEC);
	assert_int_equal(restart_delay(delay, 10 * (int64_t)NSEC_PER_SEC), 100 * USEC_PER_MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_have_docker_names),
		cmocka_unit_test(on_failure_counts_and_looks_at_the_code),
		cmocka_unit_test(the_other_policies_do_not_look_at_the_code),
		cmocka_unit_test(the_delay_doubles_up_to_a_minute_until_a_run_goes_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

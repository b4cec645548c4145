/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/container/health.h"

#define SEC ((int64_t)NSEC_PER_SEC)

static json_t *json(const char *text)
{
	json_t *obj = NULL;

	if (text)
		assert_int_equal(json_read(text, strlen(text), "test", &obj, NULL), 0);
	return obj;
}

/* The check of a container whose image has @image and whose request has @request. */
static int read_both(const char *request, const char *image, struct health_config *ret)
{
	cleanup_json json_t *body = json(request), *of_image = json(image), *health = NULL;
	cleanup_json json_t *config = json_object();
	struct err err = { 0 };
	int r = health_merge(body, of_image, &health, &err);

	if (r < 0) {
		assert_true(*err.msg);
		return r;
	}
	if (health)
		json_object_set(config, "Healthcheck", health);
	return health_config_read(config, ret, &err);
}

static void end(struct health_config *c)
{
	struct health none = { 0 };

	health_reset(&none, c);
}

static void a_check_has_docker_defaults(void **state)
{
	struct health_config c;

	(void)state;
	assert_int_equal(read_both("{}", NULL, &c), 0);
	assert_null(c.args);
	assert_int_equal(
		read_both("{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"a b\"]}}", NULL, &c), 0);
	assert_string_equal(c.args[0], "/bin/sh");
	assert_string_equal(c.args[1], "-c");
	assert_string_equal(c.args[2], "a b");
	assert_true(c.interval_nsec == 30 * SEC && c.timeout_nsec == 30 * SEC);
	assert_true(c.start_period_nsec == 0 && c.start_interval_nsec == 5 * SEC);
	assert_int_equal(c.retries, 3);
	end(&c);
}

static void what_the_request_leaves_out_comes_from_the_image(void **state)
{
	const char *image =
		"{\"Test\":[\"CMD\",\"probe\",\"-x\"],\"Interval\":7000000000,\"Retries\":9}";
	struct health_config c;

	(void)state;
	assert_int_equal(read_both("{}", image, &c), 0);
	assert_string_equal(c.args[1], "-x");
	end(&c);
	assert_int_equal(read_both("{\"Healthcheck\":{\"Test\":[],\"Interval\":0,\"Retries\":2}}",
				   image, &c),
			 0);
	assert_string_equal(c.args[0], "probe");
	assert_true(c.interval_nsec == 7 * SEC);
	assert_int_equal(c.retries, 2);
	end(&c);
	assert_int_equal(read_both("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}", image, &c), 0);
	assert_null(c.args);
}

static void bad_checks_are_refused(void **state)
{
	static const char *const bad[] = {
		"{\"Healthcheck\":{\"Interval\":999}}",
		"{\"Healthcheck\":{\"Timeout\":-1}}",
		"{\"Healthcheck\":{\"Retries\":-1}}",
		"{\"Healthcheck\":{\"Test\":[\"CMDO\",\"x\"]}}",
		"{\"Healthcheck\":{\"Test\":[\"CMD\"]}}",
		"{\"Healthcheck\":{\"Test\":\"x\"}}",
	};
	struct health_config c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(read_both(bad[i], NULL, &c) < 0);
}

static bool add(struct health *h, const struct health_config *c, int code, int64_t at_nsec)
{
	struct health_result r = { .start_nsec = at_nsec,
				   .end_nsec = at_nsec,
				   .code = code,
				   .output = "out\0\xff",
				   .output_len = 5 };

	return health_add(h, c, &r, 0);
}

static void failures_in_a_row_make_it_unhealthy(void **state)
{
	struct health_config c = { .args = NULL, .retries = 2, .interval_nsec = SEC };
	struct health h = { .status = HEALTH_STARTING };

	(void)state;
	assert_string_equal(health_text(&h), " (health: starting)");
	assert_false(add(&h, &c, 1, SEC));
	assert_true(add(&h, &c, 0, SEC));
	assert_string_equal(health_name(&h), "healthy");
	assert_false(add(&h, &c, 1, SEC));
	assert_true(add(&h, &c, -1, SEC));
	assert_string_equal(health_name(&h), "unhealthy");
	assert_int_equal(h.failing_streak, 2);
	assert_true(add(&h, &c, 0, SEC));
	assert_int_equal(h.failing_streak, 0);
	for (int i = 0; i < 10; i++)
		add(&h, &c, 0, SEC);
	assert_int_equal(json_array_size(h.log), HEALTH_RESULTS);
	end(&c);
	health_reset(&h, &c);
}

static void failures_while_it_starts_do_not_count(void **state)
{
	struct health_config c = { .args = NULL,
				   .retries = 1,
				   .interval_nsec = 30 * SEC,
				   .start_period_nsec = 10 * SEC,
				   .start_interval_nsec = SEC };
	struct health h = { .status = HEALTH_STARTING };

	(void)state;
	assert_true(health_pause(&h, &c, 0) == SEC);
	assert_false(add(&h, &c, 1, 9 * SEC));
	assert_int_equal(h.failing_streak, 0);
	assert_true(health_pause(&h, &c, 11 * SEC) == 30 * SEC);
	assert_true(add(&h, &c, 1, 11 * SEC));
	assert_string_equal(health_name(&h), "unhealthy");
	health_reset(&h, &c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_has_docker_defaults),
		cmocka_unit_test(what_the_request_leaves_out_comes_from_the_image),
		cmocka_unit_test(bad_checks_are_refused),
		cmocka_unit_test(failures_in_a_row_make_it_unhealthy),
		cmocka_unit_test(failures_while_it_starts_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

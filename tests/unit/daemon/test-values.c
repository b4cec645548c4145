/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/api/human.h"
#include "daemon/container/name.h"
#include "daemon/http/auth.h"
#include "daemon/http/filter.h"
#include "daemon/http/http.h"
#include "daemon/machine/plan.h"
#include "daemon/spec/signals.h"

static void errors_map_to_dockers_statuses(void **state)
{
	(void)state;
	assert_int_equal(http_status(-EALREADY), 304);
	assert_int_equal(http_status(-EINVAL), 400);
	assert_int_equal(http_status(-EBADMSG), 400);
	assert_int_equal(http_status(-EACCES), 403);
	assert_int_equal(http_status(-ENOENT), 404);
	assert_int_equal(http_status(-EEXIST), 409);
	assert_int_equal(http_status(-EBUSY), 409);
	assert_int_equal(http_status(-EOPNOTSUPP), 501);
	assert_int_equal(http_status(-ENONET), 503);
	assert_int_equal(http_status(-EIO), 500);
	assert_int_equal(http_status(-ENOMEM), 500);
}

static void an_error_body_is_json_whatever_the_message(void **state)
{
	struct err err;
	struct buf b = BUF_INIT;

	(void)state;
	err_set(&err, -ENOENT, "No such container: \"x\"");
	assert_int_equal(http_error_body(&b, &err), 0);
	assert_string_equal(b.data, "{\"message\":\"No such container: \\\"x\\\"\",\"errno\":2}\n");
	buf_reset(&b);
	err_set(&err, -ENOENT, "bytes \xff\xfe");
	assert_int_equal(http_error_body(&b, &err), 0);
	assert_string_equal(b.data,
			    "{\"message\":\"bytes \xef\xbf\xbd\xef\xbf\xbd\",\"errno\":2}\n");
	buf_reset(&b);
}

static void flags_are_read_as_docker_reads_them(void **state)
{
	struct param query[] = { { (char[]){ "a" }, (char[]){ "1" } },
				 { (char[]){ "b" }, (char[]){ "false" } },
				 { (char[]){ "c" }, (char[]){ "" } } };
	struct request rq = { .query = query, .n_query = ARRAY_SIZE(query) };

	(void)state;
	assert_true(request_flag(&rq, "a", false));
	assert_false(request_flag(&rq, "b", true));
	assert_false(request_flag(&rq, "c", true));
	assert_true(request_flag(&rq, "d", true));
	assert_false(request_flag(&rq, "d", false));
}

static const char *const keys[] = { "status", "label", NULL };

static struct filters parsed(const char *text)
{
	struct filters f = FILTERS_INIT;
	struct err err;

	if (filters_parse(text, keys, &f, &err) < 0)
		fail_msg("%s", err.msg);
	return f;
}

static void filters_come_in_two_notations(void **state)
{
	static const char *const texts[] = { "{\"status\":[\"a\",\"b\"]}",
					     "{\"status\":{\"a\":true,\"b\":true,\"c\":false}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct filters f = parsed(texts[i]);

		assert_int_equal(filters_count(&f, "status"), 2);
		assert_true(filters_exact(&f, "status", "a"));
		assert_true(filters_exact(&f, "status", "b"));
		assert_false(filters_exact(&f, "status", "c"));
		assert_true(filters_exact(&f, "label", "anything"));
		filters_reset(&f);
	}
}

static void names_are_patterns_with_a_bound(void **state)
{
	static const char *const by_name[] = { "name", NULL };
	struct filters f = FILTERS_INIT;
	struct pattern *p = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(filters_parse("{\"name\":[\"^web\",\"(\",\"db$\"]}", by_name, &f, &err),
			 0);
	assert_int_equal(filters_pattern(&f, "name", &p, &err), 0);
	assert_true(pattern_fits(p, "web1"));
	assert_true(pattern_fits(p, "mydb"));
	assert_false(pattern_fits(p, "other"));
	pattern_free(p);
	p = NULL;
	assert_int_equal(filters_pattern(&f, "id", &p, &err), 0);
	assert_null(p);
	filters_reset(&f);
	assert_int_equal(filters_parse("{\"name\":[\"(a{1000}){9}\"]}", by_name, &f, &err), 0);
	assert_int_equal(filters_pattern(&f, "name", &p, &err), -EINVAL);
	assert_string_equal(err.msg, "invalid filter 'name': more than 2000 steps with the "
				     "repetitions written out");
	filters_reset(&f);
}

static void a_filter_has_so_many_values(void **state)
{
	static const char *const by_name[] = { "name", NULL };
	cleanup_json json_t *list = json_array(), *filters = NULL;
	cleanup_free char *text = NULL;
	struct filters f = FILTERS_INIT;
	struct err err = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1001; i++)
		json_array_append_new(list, json_string("x"));
	filters = json_pack("{s:O}", "name", list);
	text = json_write(filters);
	assert_int_equal(filters_parse(text, by_name, &f, &err), -EINVAL);
	assert_string_equal(err.msg, "invalid filter: more than 1000 values");
}

static void bad_filters_are_refused(void **state)
{
	static const char *const bad[] = { "{",
					   "[]",
					   "{\"colour\":[\"red\"]}",
					   "{\"status\":\"a\"}",
					   "{\"status\":[1]}",
					   "{\"status\":{\"a\":1}}" };
	struct filters f = FILTERS_INIT;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(filters_parse(bad[i], keys, &f, &err), -EINVAL);
		assert_ptr_equal(str_starts(err.msg, "invalid filter"), err.msg + 14);
		assert_null(f.by_key);
	}
	assert_int_equal(filters_parse(NULL, keys, &f, &err), 0);
	assert_int_equal(filters_parse("", keys, &f, &err), 0);
}

static void unwanted_labels_must_not_hold(void **state)
{
	static const char *const negated[] = { "label!", NULL };
	cleanup_json json_t *labels = json_pack("{s:s}", "a", "1");
	struct filters f = FILTERS_INIT;
	struct err err;

	(void)state;
	assert_int_equal(filters_parse("{\"label!\":[\"a=1\"]}", negated, &f, &err), 0);
	assert_false(filters_labels(&f, labels));
	assert_true(filters_labels(&f, NULL));
	filters_reset(&f);
}

static void until_is_a_time_or_a_duration_before_now(void **state)
{
	static const char *const until[] = { "until", NULL };
	static const char *const bad[] = { "{\"until\":[\"soon\"]}", "{\"until\":[\"10\u00b5s\"]}",
					   "{\"until\":[\"1h\",\"2h\"]}", "{\"until\":[\"-1h\"]}" };
	struct filters f = FILTERS_INIT;
	struct err err;
	int64_t nsec, ago;

	(void)state;
	assert_int_equal(filters_until(&f, &nsec, &err), 0);
	assert_true(nsec == INT64_MAX);
	assert_int_equal(filters_parse("{\"until\":[\"1h30m\"]}", until, &f, &err), 0);
	assert_int_equal(filters_until(&f, &nsec, &err), 0);
	ago = (clock_now_nsec() - nsec) / 1000000000;
	assert_in_range(ago, 5400, 5460);
	filters_reset(&f);
	assert_int_equal(
		filters_parse("{\"until\":{\"2026-01-02T03:04:05Z\":true}}", until, &f, &err), 0);
	assert_int_equal(filters_until(&f, &nsec, &err), 0);
	assert_true(nsec == 1767323045000000000);
	filters_reset(&f);
	setenv("TZ", "XYZ-2", 1);
	assert_int_equal(filters_parse("{\"until\":[\"2026-01-02T05:04\"]}", until, &f, &err), 0);
	assert_int_equal(filters_until(&f, &nsec, &err), 0);
	assert_true(nsec == 1767323040000000000);
	unsetenv("TZ");
	filters_reset(&f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(filters_parse(bad[i], until, &f, &err), 0);
		assert_int_equal(filters_until(&f, &nsec, &err), -EINVAL);
		filters_reset(&f);
	}
}

static void all_label_filters_must_hold(void **state)
{
	cleanup_json json_t *labels = json_pack("{s:s, s:s}", "a", "1", "b", "");
	struct filters both = parsed("{\"label\":[\"a=1\",\"b\"]}");
	struct filters wrong = parsed("{\"label\":[\"a=2\"]}");
	struct filters missing = parsed("{\"label\":[\"a\",\"c\"]}");

	(void)state;
	assert_true(filters_labels(&both, labels));
	assert_false(filters_labels(&wrong, labels));
	assert_false(filters_labels(&missing, labels));
	filters_reset(&both);
	filters_reset(&wrong);
	filters_reset(&missing);
}

static void names_are_checked_as_docker_does(void **state)
{
	static const char *const bad[] = { "",	  "/",	 "a",  "-a",   ".a",
					   "a b", "a/b", "ä1", "//ab", "a\n" };
	const char *name;
	struct err err;

	(void)state;
	assert_int_equal(name_check("web-1.x_Y", &name, &err), 0);
	assert_string_equal(name, "web-1.x_Y");
	assert_int_equal(name_check("/web", &name, &err), 0);
	assert_string_equal(name, "web");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(name_check(bad[i], &name, &err), -EINVAL);
	(void)name_check("a b", &name, &err);
	assert_string_equal(err.msg, "Invalid container name (a b), only "
				     "[a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

static void random_names_are_valid_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		cleanup_free char *name = name_random(i);
		const char *checked;

		assert_non_null(name);
		assert_int_equal(name_check(name, &checked, NULL), 0);
	}
}

static void signals_have_names_and_numbers(void **state)
{
	int n;

	(void)state;
	assert_int_equal(signal_parse("SIGTERM", &n, NULL), 0);
	assert_int_equal(n, SIGTERM);
	assert_int_equal(signal_parse("usr1", &n, NULL), 0);
	assert_int_equal(n, SIGUSR1);
	assert_int_equal(signal_parse("9", &n, NULL), 0);
	assert_int_equal(n, SIGKILL);
	assert_int_equal(signal_parse("SIGRTMIN+3", &n, NULL), 0);
	assert_int_equal(n, 37);
	assert_int_equal(signal_parse("0", &n, NULL), -EINVAL);
	assert_int_equal(signal_parse("65", &n, NULL), -EINVAL);
	assert_int_equal(signal_parse("SIGRTMIN+31", &n, NULL), -EINVAL);
	assert_int_equal(signal_parse("SIGNONE", &n, NULL), -EINVAL);
	assert_int_equal(signal_parse("", &n, NULL), -EINVAL);
}

static void expect_duration(int64_t seconds, const char *text)
{
	char got[64];

	human_duration(seconds, got, sizeof(got));
	assert_string_equal(got, text);
}

static void durations_are_told_as_docker_tells_them(void **state)
{
	(void)state;
	expect_duration(-5, "Less than a second");
	expect_duration(0, "Less than a second");
	expect_duration(1, "1 second");
	expect_duration(59, "59 seconds");
	expect_duration(60, "About a minute");
	expect_duration(150, "2 minutes");
	expect_duration(3600, "About an hour");
	expect_duration(3 * 3600, "3 hours");
	expect_duration(72 * 3600, "3 days");
	expect_duration(21 * 86400, "3 weeks");
	expect_duration(90 * 86400, "3 months");
	expect_duration(3 * 365 * 86400L, "3 years");
}

static void credentials_are_base64url_json(void **state)
{
	struct credentials c = { 0 };

	(void)state;
	assert_int_equal(
		credentials_parse("eyJ1c2VybmFtZSI6Im1lIiwicGFzc3dvcmQiOiJzM2NyPz8_In0=", &c, NULL),
		0);
	assert_string_equal(c.username, "me");
	assert_string_equal(c.password, "s3cr???");
	credentials_reset(&c);
	assert_int_equal(credentials_parse("e30=", &c, NULL), 0);
	assert_null(c.username);
	assert_int_equal(credentials_parse("e30", &c, NULL), 0);
	assert_int_equal(credentials_parse(NULL, &c, NULL), 0);
	assert_int_equal(credentials_parse("!!!!", &c, NULL), -EINVAL);
	assert_int_equal(credentials_parse("AAAA", &c, NULL), -EINVAL);
	assert_int_equal(credentials_parse("W10=", &c, NULL), 0);
	assert_null(c.username);
}

static void few_sizes_of_machines_serve_all_limits(void **state)
{
	cleanup_json json_t *none = json_object();
	cleanup_json json_t *some = json_pack("{s:I, s:I}", "Memory", (json_int_t)MIB(100) + 1,
					      "NanoCpus", (json_int_t)1500000000);
	uint64_t memory;
	unsigned cpus;

	(void)state;
	assert_int_equal(machine_size(none, 2, &cpus, &memory, NULL), 0);
	assert_int_equal(cpus, 2);
	assert_true(memory == MIB(1024 + 96));
	assert_int_equal(machine_size(none, 64, &cpus, &memory, NULL), 0);
	assert_int_equal(cpus, 4);
	assert_int_equal(machine_size(some, 64, &cpus, &memory, NULL), 0);
	assert_int_equal(cpus, 2);
	assert_true(memory == MIB(1024 + 96));
	assert_int_equal(json_object_set_new(some, "Memory", json_integer((json_int_t)GIB(1) + 1)),
			 0);
	assert_int_equal(machine_size(some, 64, &cpus, &memory, NULL), 0);
	assert_true(memory == MIB(2048 + 112));
	/* Kept to some processors of the host, it has as many of its own. */
	assert_int_equal(json_object_set_new(none, "CpusetCpus", json_string("0-5,7")), 0);
	assert_int_equal(machine_size(none, 64, &cpus, &memory, NULL), 0);
	assert_int_equal(cpus, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_map_to_dockers_statuses),
		cmocka_unit_test(an_error_body_is_json_whatever_the_message),
		cmocka_unit_test(flags_are_read_as_docker_reads_them),
		cmocka_unit_test(filters_come_in_two_notations),
		cmocka_unit_test(names_are_patterns_with_a_bound),
		cmocka_unit_test(a_filter_has_so_many_values),
		cmocka_unit_test(bad_filters_are_refused),
		cmocka_unit_test(all_label_filters_must_hold),
		cmocka_unit_test(unwanted_labels_must_not_hold),
		cmocka_unit_test(until_is_a_time_or_a_duration_before_now),
		cmocka_unit_test(names_are_checked_as_docker_does),
		cmocka_unit_test(random_names_are_valid_names),
		cmocka_unit_test(signals_have_names_and_numbers),
		cmocka_unit_test(durations_are_told_as_docker_tells_them),
		cmocka_unit_test(credentials_are_base64url_json),
		cmocka_unit_test(few_sizes_of_machines_serve_all_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

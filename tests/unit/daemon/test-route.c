/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "daemon/http/route.h"

static int first(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	(void)rp;
	(void)err;
	return 1;
}

static int second(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	(void)rp;
	(void)err;
	return 2;
}

static bool matches(const char *pattern, const char *path, const char *target)
{
	const char *got;
	size_t len;

	if (!route_match(pattern, path, &got, &len))
		return false;
	if (!target)
		return got == NULL;
	return got && strlen(target) == len && strncmp(got, target, len) == 0;
}

static void a_pattern_without_a_placeholder_matches_itself_only(void **state)
{
	(void)state;
	assert_true(matches("/version", "/version", NULL));
	assert_false(matches("/version", "/version/", NULL));
	assert_false(matches("/version", "/versio", NULL));
	assert_false(matches("/version", "/", NULL));
	assert_false(matches("/version", "", NULL));
}

static void braces_stand_for_one_segment(void **state)
{
	(void)state;
	assert_true(matches("/containers/{}/json", "/containers/abc/json", "abc"));
	assert_false(matches("/containers/{}/json", "/containers//json", NULL));
	assert_false(matches("/containers/{}/json", "/containers/a/b/json", NULL));
	assert_false(matches("/containers/{}/json", "/containers/json", NULL));
	assert_true(matches("/containers/{}", "/containers/abc", "abc"));
	assert_false(matches("/containers/{}", "/containers/", NULL));
}

static void a_star_stands_for_several_segments(void **state)
{
	(void)state;
	assert_true(matches("/images/{*}/json", "/images/localhost:5000/a/b:1/json",
			    "localhost:5000/a/b:1"));
	assert_true(matches("/images/{*}/json", "/images/json/json", "json"));
	assert_false(matches("/images/{*}/json", "/images/json", NULL));
	assert_true(matches("/images/{*}", "/images/a/b", "a/b"));
}

static void the_first_route_of_a_method_is_found(void **state)
{
	static const struct route table[] = { { "GET", "/images/json", first },
					      { "GET", "/images/{*}/json", second },
					      { "DELETE", "/images/{*}", second },
					      { NULL } };
	const char *target;
	size_t len;

	(void)state;
	assert_ptr_equal(route_find(table, "GET", "/images/json", &target, &len), &table[0]);
	assert_ptr_equal(route_find(table, "GET", "/images/a/json", &target, &len), &table[1]);
	assert_ptr_equal(route_find(table, "DELETE", "/images/json", &target, &len), &table[2]);
	assert_null(route_find(table, "POST", "/images/json", &target, &len));
	assert_null(route_find(table, "GET", "/nothing", &target, &len));
}

static void versions_from_1_24_to_1_47_are_accepted(void **state)
{
	struct err err;
	const char *rest;
	unsigned minor;

	(void)state;
	assert_int_equal(route_version("/v1.24/info", &minor, &rest, &err), 0);
	assert_int_equal(minor, 24);
	assert_string_equal(rest, "/info");
	assert_int_equal(route_version("/v1.47/info", &minor, &rest, &err), 0);
	assert_int_equal(route_version("/info", &minor, &rest, &err), 0);
	assert_int_equal(minor, API_MINOR_MAX);
	assert_string_equal(rest, "/info");
}

static void other_versions_are_refused_in_dockers_words(void **state)
{
	struct err err;
	const char *rest;
	unsigned minor;

	(void)state;
	assert_int_equal(route_version("/v1.99/info", &minor, &rest, &err), -EINVAL);
	assert_string_equal(err.msg,
			    "client version 1.99 is too new. Maximum supported API version "
			    "is 1.47");
	assert_int_equal(route_version("/v1.12/info", &minor, &rest, &err), -EINVAL);
	assert_int_equal(route_version("/v1.99999999999999999999/info", &minor, &rest, &err),
			 -EINVAL);
}

static void what_only_looks_like_a_version_is_a_path(void **state)
{
	const char *rest;
	unsigned minor;

	(void)state;
	assert_int_equal(route_version("/v1.x/info", &minor, &rest, NULL), 0);
	assert_string_equal(rest, "/v1.x/info");
	assert_int_equal(route_version("/v1./info", &minor, &rest, NULL), 0);
	assert_string_equal(rest, "/v1./info");
	assert_int_equal(route_version("/v2.30/info", &minor, &rest, NULL), 0);
	assert_string_equal(rest, "/v2.30/info");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_without_a_placeholder_matches_itself_only),
		cmocka_unit_test(braces_stand_for_one_segment),
		cmocka_unit_test(a_star_stands_for_several_segments),
		cmocka_unit_test(the_first_route_of_a_method_is_found),
		cmocka_unit_test(versions_from_1_24_to_1_47_are_accepted),
		cmocka_unit_test(other_versions_are_refused_in_dockers_words),
		cmocka_unit_test(what_only_looks_like_a_version_is_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

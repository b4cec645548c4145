/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "oci/platform.h"

static void test_names_are_understood(void **state)
{
	static const struct {
		const char *text, *formatted;
	} cases[] = {
		{ "linux/amd64", "linux/amd64" },
		{ "Linux/x86_64", "linux/amd64" },
		{ "arm64", "linux/arm64" },
		{ "aarch64", "linux/arm64" },
		{ "linux/arm64/v8", "linux/arm64/v8" },
		{ "linux/armhf", "linux/arm/v7" },
		{ "x86-64", "linux/amd64" },
		{ "i686", "linux/386" },
		{ "windows/amd64", "windows/amd64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct platform p;
		char text[64];

		assert_int_equal(platform_parse(cases[i].text, &p, NULL), 0);
		platform_format(&p, text);
		assert_string_equal(text, cases[i].formatted);
	}
}

static void test_malformed_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"linux/",
		"/amd64",
		"linux/amd64/",
		"linux/arm64/v8/x",
		"a b",
		"linux/amd\n64",
		"a-name-much-too-long-for-this/amd64",
	};
	struct platform p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(platform_parse(bad[i], &p, NULL), -EINVAL);
}

static void test_an_empty_variant_matches_any(void **state)
{
	const struct platform any = { "linux", "arm64", "" }, v8 = { "linux", "arm64", "v8" },
			      v9 = { "linux", "arm64", "v9" }, other = { "linux", "amd64", "" };

	(void)state;
	assert_true(platform_matches(&any, &v8));
	assert_true(platform_matches(&v8, &any));
	assert_false(platform_matches(&v9, &v8));
	assert_false(platform_matches(&other, &any));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_understood),
		cmocka_unit_test(test_malformed_is_refused),
		cmocka_unit_test(test_an_empty_variant_matches_any),
	};

	return cmocka_run_group_tests_name("oci: platform", tests, NULL, NULL);
}

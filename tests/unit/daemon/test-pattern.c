/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "daemon/http/pattern.h"

static bool fits(const char *pattern, const char *text)
{
	struct pattern *p = pattern_new();
	struct err err = { 0 };
	bool answer;

	assert_non_null(p);
	if (pattern_add(p, pattern, &err) < 0)
		fail_msg("%s: %s", pattern, err.msg);
	answer = pattern_fits(p, text);
	pattern_free(p);
	return answer;
}

static void expect_error(const char *pattern, int code, const char *message)
{
	struct pattern *p = pattern_new();
	struct err err = { 0 };

	assert_int_equal(pattern_add(p, "kept", NULL), 0);
	assert_int_equal(pattern_add(p, pattern, &err), code);
	assert_string_equal(err.msg, message);
	assert_true(pattern_fits(p, "kept"));
	assert_false(pattern_fits(p, "lost"));
	pattern_free(p);
}

static void what_fits(void **state)
{
	static const struct {
		const char *pattern, *fits, *not ;
	} cases[] = {
		{ "web", "my-web-1", "wed" },
		{ "", "anything", NULL },
		{ "^/?web$", "/web", "web1" },
		{ "^web|db$", "mydb", "adbx" },
		{ "a|b|c", "c", "d" },
		{ "^(a|bc|)d$", "bcd", "bd" },
		{ "^(a|bc|)d$", "d", "abcd" },
		{ "^w.b$", "wxb", "wb" },
		{ "^we*b$", "wb", "wxb" },
		{ "^we+b$", "weeeb", "wb" },
		{ "^we?b$", "web", "weeb" },
		{ "^(ab)+$", "abab", "aba" },
		{ "^(ab|c)*$", "cabab", "ba" },
		{ "^x{3}$", "xxx", "xx" },
		{ "^x{2,}$", "xxxxx", "x" },
		{ "^x{0,2}y$", "xxy", "xxxy" },
		{ "^x{0,2}y$", "y", "xxxy" },
		{ "^x{0}y$", "y", "xy" },
		{ "^(xy){1,3}$", "xyxyxy", "xyxyxyxy" },
		{ "^(x{2}){2}$", "xxxx", "xxx" },
		{ "^(x?){3}$", "xx", "xxxx" },
		{ "^x{,2}$", "x{,2}", "x" },
		{ "^x{$", "x{", "x" },
		{ "^a*?b+?c??$", "aabb", "aa" },
		{ "^[a-c]$", "b", "d" },
		{ "^[^a-c]$", "d", "b" },
		{ "^[]x-]+$", "]-x", "y" },
		{ "^[a\\]]+$", "a]", "b" },
		{ "^[[:digit:]_]+$", "1_2", "a" },
		{ "^[\\w.]+$", "a_1.", "-" },
		{ "^\\d+\\D$", "12x", "123" },
		{ "^a\\.b$", "a.b", "axb" },
		{ "^(?:a(?:b))c$", "abc", "ac" },
		{ "(?i)^WEB$", "wEb", "wex" },
		{ "^(?i:w)eb$", "Web", "wEb" },
		{ "^a((?i)b)c$", "aBc", "aBC" },
		{ "(?i)^[^a]$", "b", "A" },
		{ "^(()|a*)*$", "aaa", "b" },
		{ "^(a*)*b$", "aaab", "aaac" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!fits(cases[i].pattern, cases[i].fits))
			fail_msg("%s does not fit %s", cases[i].pattern, cases[i].fits);
		if (cases[i].not &&fits(cases[i].pattern, cases[i].not ))
			fail_msg("%s fits %s", cases[i].pattern, cases[i].not );
	}
}

static void several_are_alternatives(void **state)
{
	struct pattern *p = pattern_new();

	(void)state;
	assert_false(pattern_fits(p, "web"));
	assert_false(pattern_fits(p, ""));
	assert_int_equal(pattern_add(p, "^web", NULL), 0);
	assert_int_equal(pattern_add(p, "(?i)db$", NULL), 0);
	assert_int_equal(pattern_add(p, "x|y", NULL), 0);
	assert_true(pattern_fits(p, "web1"));
	assert_true(pattern_fits(p, "myDB"));
	assert_true(pattern_fits(p, "1y1"));
	assert_false(pattern_fits(p, "WEB"));
	pattern_free(p);
}

static void what_is_none_is_said(void **state)
{
	(void)state;
	expect_error("(a", -EINVAL, "a group that is not closed");
	expect_error("a)", -EINVAL, "a \")\" without its begin");
	expect_error("[a", -EINVAL, "a bracket that is not closed");
	expect_error("[b-a]", -EINVAL, "a range whose end is before its begin");
	expect_error("[[:no:]]", -EINVAL, "unknown class in brackets");
	expect_error("a\\", -EINVAL, "a backslash at the end");
	expect_error("(a)\\1", -EINVAL, "unknown \\1");
	expect_error("*a", -EINVAL, "nothing before \"*\" to repeat");
	expect_error("a**", -EINVAL, "nothing before \"*\" to repeat");
	expect_error("a{3,2}", -EINVAL, "a repetition whose end is before its begin");
	expect_error("(?=a)", -EINVAL, "unknown flag behind \"(?\"");
}

/* That many times @piece, then @middle, then that many times @end.  Owned by the caller. */
static char *nested(const char *piece, const char *middle, const char *end, size_t times)
{
	size_t len = times * (strlen(piece) + strlen(end)) + strlen(middle) + 1;
	char *text = calloc(1, len), *at = text;

	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		at = stpcpy(at, piece);
	at = stpcpy(at, middle);
	for (size_t i = 0; i < times; i++)
		at = stpcpy(at, end);
	return text;
}

static void too_much_is_refused(void **state)
{
	char *deep = nested("(", "a", ")", 101), *just = nested("(", "a", ")", 100);
	char *long_one = nested("a", "", "", 1025);

	(void)state;
	expect_error(deep, -E2BIG, "more than 100 groups in each other");
	assert_true(fits(just, "a"));
	expect_error(long_one, -E2BIG, "more than 1024 characters");
	expect_error("a{1001}", -E2BIG, "something is repeated more than 1000 times");
	expect_error("a{1,99999999999999999999}", -E2BIG,
		     "something is repeated more than 1000 times");
	expect_error("((a{1,100}){1,100}){1,100}", -E2BIG,
		     "more than 2000 steps with the repetitions written out");
	expect_error("(((((){1000}){1000}){1000}a?){900}){3}", -E2BIG,
		     "more than 2000 steps with the repetitions written out");
	assert_true(fits("^a{1000}$", long_one + 25));
	free(deep);
	free(just);
	free(long_one);
}

/* What takes other matchers time without end. */
static void the_worst_is_quick(void **state)
{
	char *pattern = nested("a?", "", "a", 300), *text = nested("a", "", "", 299);
	char *stars = nested("(", "a", "*)", 90);

	(void)state;
	assert_false(fits(pattern, text));
	assert_false(
		fits("^(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
	assert_true(fits(stars, text));
	free(pattern);
	free(text);
	free(stars);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits),
		cmocka_unit_test(several_are_alternatives),
		cmocka_unit_test(what_is_none_is_said),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(the_worst_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

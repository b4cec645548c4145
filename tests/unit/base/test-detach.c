/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/detach.h"
#include "base/macro.h"

/* Type @typed, byte by byte or at once; what is passed on is appended to @passed. */
static bool type(struct detach_keys *k, const char *typed, size_t step, char *passed)
{
	char data[DETACH_KEYS_MAX + 64];
	size_t len = strlen(typed);
	bool found = false;

	for (size_t i = 0; i < len && !found; i += step) {
		size_t n = len - i < step ? len - i : step;

		memcpy(data + DETACH_KEYS_MAX, typed + i, n);
		n = detach_keys_filter(k, data, n, &found);
		strncat(passed, data, n);
	}
	return found;
}

static void check(const char *keys, const char *typed, const char *passed, bool found)
{
	struct err err = { 0 };

	for (size_t step = 1; step <= strlen(typed); step++) {
		struct detach_keys k;
		char got[64] = "";

		assert_int_equal(detach_keys_parse(keys, &k, &err), 0);
		assert_int_equal(type(&k, typed, step, got), found);
		assert_string_equal(got, passed);
	}
}

static void the_keys_end_what_is_passed_on(void **state)
{
	(void)state;
	check(NULL, "ab\x10\x11zz", "ab", true);
	check("ctrl-a,d",
	      "x\x01"
	      "d",
	      "x", true);
	check(",", "a,b", "a", true);
	check("ctrl-[", "a\033", "a", true);
}

static void what_only_looks_like_them_arrives(void **state)
{
	(void)state;
	check(NULL, "a\x10z\x10", "a\x10z", false);
	check(NULL, "\x10\x10\x11", "\x10", true);
	check("a,a,b", "aaab", "a", true);
	check("a,b,a,c", "ababac", "ab", true);
	check("a,b,a,c", "abad", "abad", false);
}

static void keys_that_cannot_be_typed_are_refused(void **state)
{
	static const char *const bad[] = { "ctrl-", "ctrl-1", "ab",
					   "a,b,",  "a,",     "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q" };
	struct detach_keys k;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(detach_keys_parse(bad[i], &k, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_end_what_is_passed_on),
		cmocka_unit_test(what_only_looks_like_them_arrives),
		cmocka_unit_test(keys_that_cannot_be_typed_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/str.h"
#include "oci/reference.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_defaults_are_dockers(void **state)
{
	static const struct {
		const char *text, *full, *familiar;
	} cases[] = {
		{ "alpine", "docker.io/library/alpine:latest", "alpine:latest" },
		{ "alpine:3.19", "docker.io/library/alpine:3.19", "alpine:3.19" },
		{ "user/app", "docker.io/user/app:latest", "user/app:latest" },
		{ "docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest" },
		{ "index.docker.io/a/b:1", "docker.io/a/b:1", "a/b:1" },
		{ "docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest" },
		{ "docker.io/a.b/c", "docker.io/a.b/c:latest", "docker.io/a.b/c:latest" },
		{ "docker.io/localhost/c", "docker.io/localhost/c:latest",
		  "docker.io/localhost/c:latest" },
		{ "localhost/x", "localhost/x:latest", "localhost/x:latest" },
		{ "localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x:latest" },
		{ "localhost:5000", "docker.io/library/localhost:5000", "localhost:5000" },
		{ "127.0.0.1:5000/a/b:t", "127.0.0.1:5000/a/b:t", "127.0.0.1:5000/a/b:t" },
		{ "[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest" },
		{ "ghcr.io/a/b/c", "ghcr.io/a/b/c:latest", "ghcr.io/a/b/c:latest" },
		{ "Host/x", "Host/x:latest", "Host/x:latest" },
		{ "a__b/c-d.e---f", "docker.io/a__b/c-d.e---f:latest", "a__b/c-d.e---f:latest" },
		{ "a@sha256:" HEX, "docker.io/library/a@sha256:" HEX, "a@sha256:" HEX },
		{ "a:1@sha256:" HEX, "docker.io/library/a:1@sha256:" HEX, "a:1@sha256:" HEX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reference *r = NULL;
		cleanup_free char *full = NULL, *familiar = NULL;

		assert_int_equal(reference_parse(cases[i].text, &r, NULL), 0);
		full = reference_full(r);
		familiar = reference_familiar(r);
		assert_string_equal(full, cases[i].full);
		assert_string_equal(familiar, cases[i].familiar);
		reference_free(r);
	}
}

static void test_malformed_is_refused_in_dockers_words(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"/",
		"a:",
		":a",
		"a/",
		"/a",
		"a//b",
		"-a",
		"a-",
		"_a",
		"a___b",
		"a..b",
		"a.",
		"a b",
		"a:b:c",
		"a:-b",
		"a:.b",
		"a:b/c",
		"a@",
		"a@sha256:12",
		"a@md5:" HEX,
		"a\n",
		"a:\x01",
		"a\xc3\xa4",
		"-x.io/a",
		"x-.io/a",
		"x..io/a",
		"x.io:/a",
		"x.io:123456/a",
		"[::1/a",
		"[]/a",
		"[g]/a",
		"a@b@c",
		"http://x.io/a",
		"../a",
		"a/../b",
		"a?b",
		"a#b",
		"a%20b",
		HEX "",
	};
	char upper[] = "library/Alpine", long_tag[132], long_name[300];
	struct reference *r = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(reference_parse(bad[i], &r, &err), -EINVAL);
		assert_true(str_starts(err.msg, "invalid re"));
	}
	assert_int_equal(reference_parse(upper, &r, &err), -EINVAL);
	assert_string_equal(err.msg,
			    "invalid reference format: repository name (library/Alpine) must be "
			    "lowercase");
	memset(long_tag, 'a', sizeof(long_tag));
	long_tag[1] = ':';
	long_tag[130] = '\0';
	assert_int_equal(reference_parse(long_tag, &r, &err), 0);
	reference_free(r);
	long_tag[130] = 'a';
	long_tag[131] = '\0';
	assert_int_equal(reference_parse(long_tag, &r, &err), -EINVAL);
	memset(long_name, 'a', sizeof(long_name));
	long_name[299] = '\0';
	assert_int_equal(reference_parse(long_name, &r, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "255"));
}

static void test_digests_are_lower_case_and_of_two_kinds(void **state)
{
	struct digest d;

	(void)state;
	assert_int_equal(digest_parse("sha256:" HEX, &d, NULL), 0);
	assert_string_equal(digest_hex(&d), HEX);
	assert_int_equal(digest_parse("sha256:" HEX "0", &d, NULL), -EINVAL);
	assert_int_equal(digest_parse("sha256:", &d, NULL), -EINVAL);
	assert_int_equal(digest_parse("sha512:" HEX HEX, &d, NULL), 0);
	assert_string_equal(digest_hex(&d), HEX HEX);
	assert_true(digest_is_sha512(&d));
	assert_int_equal(digest_parse("sha512:" HEX, &d, NULL), -EINVAL);
	assert_int_equal(digest_parse("sha384:" HEX, &d, NULL), -EINVAL);
	assert_int_equal(
		digest_parse(
			"sha256:../../../../../../../../../../../../../etc/passwd.......aaaaaaaaa",
			&d, NULL),
		-EINVAL);
	assert_int_equal(
		digest_parse("sha256:"
			     "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
			     &d, NULL),
		-EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_dockers),
		cmocka_unit_test(test_malformed_is_refused_in_dockers_words),
		cmocka_unit_test(test_digests_are_lower_case_and_of_two_kinds),
	};

	return cmocka_run_group_tests_name("oci: reference", tests, NULL, NULL);
}

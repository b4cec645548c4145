/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "image/registry/challenge.h"
#include "image/registry/http.h"
#include "image/registry/redirect.h"
#include "image/registry/token.h"

static int parse(const char *value, struct challenge *ret)
{
	const char *at = value;

	return challenge_next(&at, ret);
}

static void test_challenges_are_read(void **state)
{
	static const struct {
		const char *value;
		enum challenge_kind kind;
		const char *realm, *service;
	} cases[] = {
		{ "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull\"",
		  CHALLENGE_BEARER, "https://a/t", "s" },
		{ "bearer  service=s , realm=https://a/t", CHALLENGE_BEARER, "https://a/t", "s" },
		{ " Bearer\trealm = \"https://a/t\" ,\tservice= s", CHALLENGE_BEARER, "https://a/t",
		  "s" },
		{ "Bearer realm=\"https://a/\\\"q\\\"\"", CHALLENGE_BEARER, "https://a/\"q\"", "" },
		{ "Bearer realm=\"https://a/t\",error=\"invalid_token\",,", CHALLENGE_BEARER,
		  "https://a/t", "" },
		{ "Basic realm=\"x\"", CHALLENGE_BASIC, "x", "" },
		{ "Basic realm=\"https://1.dkr.ecr.example/\",service=\"ecr.example\"",
		  CHALLENGE_BASIC, "https://1.dkr.ecr.example/", "ecr.example" },
		{ "Basic", CHALLENGE_BASIC, "", "" },
		{ "Negotiate", CHALLENGE_OTHER, "", "" },
		{ "Digest realm=\"x\"", CHALLENGE_OTHER, "x", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct challenge c;

		assert_int_equal(parse(cases[i].value, &c), 1);
		assert_int_equal(c.kind, cases[i].kind);
		assert_string_equal(c.realm, cases[i].realm);
		assert_string_equal(c.service, cases[i].service);
	}
}

static void test_malformed_challenges_are_refused(void **state)
{
	static const char *const bad[] = {
		"Bearer",
		"Bearer realm",
		"Bearer realm=\"x",
		"Bearer realm=\"a\nb\"",
		"Bearer realm=\"\"",
		"Bearer service=\"s\"",
		"Bearer =x",
		"Bearer ;",
		"=",
	};
	char longer[4096] = "Bearer realm=\"";
	struct challenge c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(bad[i], &c), -EBADMSG);
	memset(longer + strlen(longer), 'a', 3000);
	strcat(longer, "\"");
	assert_int_equal(parse(longer, &c), -EBADMSG);
	assert_int_equal(parse(" , ", &c), 0);
}

static void test_of_several_challenges_bearer_is_chosen(void **state)
{
	static const struct {
		const char *values[3];
		enum challenge_kind kind; /* CHALLENGE_OTHER: none */
		const char *realm;
	} cases[] = {
		{ { "Basic realm=\"b\", Bearer realm=\"t\",service=\"s\"" },
		  CHALLENGE_BEARER,
		  "t" },
		{ { "Bearer realm=\"t\" , Basic realm=b" }, CHALLENGE_BEARER, "t" },
		{ { "Negotiate, Basic realm=\"b\"", "Bearer realm=\"t\"" }, CHALLENGE_BEARER, "t" },
		{ { "Digest realm=\"d\", nonce=\"x, y\", Basic realm=\"b\"" },
		  CHALLENGE_BASIC,
		  "b" },
		{ { "Bearer =", "Basic realm=\"b\"" }, CHALLENGE_BASIC, "b" },
		{ { "Negotiate" }, CHALLENGE_OTHER, "" },
		{ { NULL }, CHALLENGE_OTHER, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char copies[2][128] = { "" };
		char *values[3] = { NULL };
		struct challenge c = { 0 };

		for (size_t k = 0; k < 2 && cases[i].values[k]; k++)
			values[k] = strcpy(copies[k], cases[i].values[k]);
		assert_int_equal(challenge_choose(values, &c), cases[i].kind != CHALLENGE_OTHER);
		assert_int_equal(c.kind, cases[i].kind);
		assert_string_equal(c.realm, cases[i].realm);
	}
}

static void test_tokens_cannot_break_out_of_a_header(void **state)
{
	static char longer[20000];

	(void)state;
	assert_true(token_valid("eyJ.a-b_c~d+/=="));
	assert_false(token_valid(""));
	assert_false(token_valid("a b"));
	assert_false(token_valid("a\r\nX: y"));
	assert_false(token_valid("a\xc3\xa4"));
	memset(longer, 'a', sizeof(longer) - 1);
	assert_false(token_valid(longer));
}

static void test_loopback_hosts(void **state)
{
	static const char *const yes[] = { "localhost",	 "localhost:5000/x", "LOCALHOST",
					   "127.0.0.1",	 "127.1.2.3:80",     "[::1]",
					   "[::1]:5000/" };
	static const char *const no[] = { "example.org",
					  "localhost.example.org",
					  "128.0.0.1",
					  "127.0.0.1.x",
					  "127.1",
					  "[::2]",
					  "",
					  "127.0.0.1x:80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(url_is_loopback(yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(url_is_loopback(no[i]));
}

static void test_plain_http_leads_nowhere_but_here(void **state)
{
	static const struct {
		const char *from, *to;
		int r;
		bool same_host;
	} cases[] = {
		{ "http://127.0.0.1:5000/v2/", "http://127.0.0.1:5000/b", 0, true },
		{ "http://127.0.0.1:5000/v2/", "http://127.0.0.1:5001/b", 0, false },
		{ "http://127.0.0.1:5000/v2/", "http://localhost:5000/b", 0, false },
		{ "http://127.0.0.1/v2/", "http://127.0.0.1:80/b", 0, true },
		{ "http://127.0.0.1/v2/", "http://[::1]/b", 0, false },
		{ "http://127.0.0.1:5000/v2/", "https://example.org/b", 0, false },
		{ "https://example.org/v2/", "https://EXAMPLE.org:443/b", 0, true },
		{ "https://example.org/v2/", "https://cdn.example.org/b", 0, false },
		{ "http://127.0.0.1:5000/v2/", "http://10.0.0.1/b", -EPROTO, false },
		{ "http://127.0.0.1:5000/v2/", "http://example.org/b", -EPROTO, false },
		{ "http://127.0.0.1:5000/v2/", "http://169.254.169.254/latest", -EPROTO, false },
		{ "http://127.0.0.1:80/v2/", "http://127.0.0.1:80@10.0.0.1/b", -EPROTO, false },
		{ "http://127.0.0.1:80/v2/", "http://10.0.0.1#@127.0.0.1/b", -EPROTO, false },
		{ "http://127.0.0.1:80/v2/", "http://[::ffff:10.0.0.1]/b", -EPROTO, false },
		{ "https://example.org/v2/", "http://example.org/b", -EPROTO, false },
		{ "https://example.org/v2/", "http://127.0.0.1/b", -EPROTO, false },
		{ "http://127.0.0.1/v2/", "file:///etc/passwd", -EPROTO, false },
		{ "http://127.0.0.1/v2/", "ftp://127.0.0.1/b", -EPROTO, false },
		{ "http://127.0.0.1/v2/", "http://", -EPROTO, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool same_host = false;
		struct err err;
		int r = redirect_check(cases[i].from, cases[i].to, NULL, &same_host, &err);

		if (r != cases[i].r || same_host != cases[i].same_host)
			fail_msg("%s: %d %d", cases[i].to, r, same_host);
	}
}

static void test_proxies_are_for_other_hosts(void **state)
{
	(void)state;
	assert_true(url_leads_here("http://127.0.0.1:5000/v2/"));
	assert_true(url_leads_here("https://localhost/v2/"));
	assert_false(url_leads_here("https://127.0.0.1:80@example.org/"));
	assert_false(url_leads_here("127.0.0.1"));
}

static void test_only_a_local_registry_names_a_local_token_server(void **state)
{
	static const struct {
		const char *realm;
		bool local, ok;
	} cases[] = {
		{ "https://auth.example/t?x=a@b", false, true },
		{ "https://auth.example/t", true, true },
		{ "http://127.0.0.1:5001/t", true, true },
		{ "http://127.0.0.1:5001/t", false, false },
		{ "http://auth.example/t", true, false },
		{ "http://localhost:80@auth.example/t", true, false },
		{ "https://user@auth.example/t", false, false },
		{ "ftp://auth.example/t", true, false },
		{ "", true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(token_check_realm(cases[i].realm,
						   cases[i].local ? "http://127.0.0.1:5000/v2/"
								  : "https://registry.example/v2/",
						   NULL, NULL),
				 cases[i].ok ? 0 : -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenges_are_read),
		cmocka_unit_test(test_malformed_challenges_are_refused),
		cmocka_unit_test(test_of_several_challenges_bearer_is_chosen),
		cmocka_unit_test(test_tokens_cannot_break_out_of_a_header),
		cmocka_unit_test(test_loopback_hosts),
		cmocka_unit_test(test_plain_http_leads_nowhere_but_here),
		cmocka_unit_test(test_proxies_are_for_other_hosts),
		cmocka_unit_test(test_only_a_local_registry_names_a_local_token_server),
	};

	return cmocka_run_group_tests_name("image: challenge", tests, NULL, NULL);
}

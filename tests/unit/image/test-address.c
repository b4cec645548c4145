/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/str.h"
#include "image/registry/address.h"
#include "image/registry/link.h"
#include "image/registry/peer.h"
#include "settings/read.h"

static struct settings *settings_of(const char *text)
{
	struct settings *s;
	struct err err = { 0 };

	if (settings_parse(text, strlen(text), &s, &err) < 0)
		fail_msg("%s", err.msg);
	return s;
}

static void test_the_scheme_follows_from_wish_settings_and_host(void **state)
{
	static const struct {
		const char *host;
		enum scheme wish;
		bool plain, unsure;
	} cases[] = {
		{ "registry.example", SCHEME_AUTO, false, false },
		{ "localhost:5000", SCHEME_AUTO, true, true },
		{ "localhost:5000", SCHEME_HTTPS, false, false },
		{ "registry.example", SCHEME_HTTP, true, false },
		{ "plain.lan", SCHEME_AUTO, true, false },
		{ "plain.lan", SCHEME_HTTPS, false, false },
		{ "10.1.2.3:5000", SCHEME_AUTO, false, true },
	};
	struct settings *s = settings_of("{\"registries\":{\"*.lan\":{\"scheme\":\"http\"}},"
					 "\"insecure-registries\":[\"10.0.0.0/8\"]}");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct registry_access access = { .settings = s, .scheme = cases[i].wish };
		struct address a = address_of(&access, cases[i].host);

		assert_int_equal(a.plain, cases[i].plain);
		assert_int_equal(a.unsure, cases[i].unsure);
	}
	settings_unref(s);
}

static void test_the_other_scheme_is_tried_once(void **state)
{
	char words[] = "Client sent an HTTP request to an HTTPS server.\n";
	const struct http_response go = { .status = 400,
					  .body = { .data = words, .len = strlen(words) } };
	const struct http_response none = { 0 }, found = { .status = 404 };
	struct address a = { .plain = true, .unsure = true };

	(void)state;
	assert_true(address_doubt(&a, 0, &go));
	assert_false(a.plain);
	assert_false(address_doubt(&a, -EPROTONOSUPPORT, &none));
	a = (struct address){ .plain = true, .unsure = true };
	assert_false(address_doubt(&a, 0, &found));
	assert_false(address_doubt(&a, 0, &go));
	a = (struct address){ .plain = true, .unsure = true };
	assert_false(address_doubt(&a, -ECONNREFUSED, &none));
	a = (struct address){ .unsure = true };
	assert_true(address_doubt(&a, -ECONNREFUSED, &none));
	assert_true(a.plain);
	a = (struct address){ 0 };
	assert_false(address_doubt(&a, -ECONNREFUSED, &none));
}

static void put(const char *folder, const char *name, const char *text)
{
	cleanup_free char *path = str_printf("%s/%s", folder, name);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static void test_certificates_are_those_of_the_first_folder(void **state)
{
	char first[] = "/tmp/moat-test-XXXXXX", second[] = "/tmp/moat-test-XXXXXX";
	cleanup_free char *text = NULL, *at = NULL;
	struct settings *s;
	struct peer p;
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(first));
	assert_non_null(mkdtemp(second));
	at = str_printf("%s/r.example:5000", second);
	assert_int_equal(mkdir(at, 0700), 0);
	put(at, "a.crt", "ONE");
	put(at, "b.crt", "TWO");
	put(at, "client.cert", "");
	text = str_printf("{\"certificate-folders\":[\"%s\",\"%s\"]}", first, second);
	s = settings_of(text);
	assert_int_equal(peer_find(s, "r.example:5000", true, &p, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "client.cert has no key"));
	peer_reset(&p);
	put(at, "client.key", "");
	assert_int_equal(peer_find(s, "r.example:5000", true, &p, &err), 0);
	assert_int_equal(p.authorities.len, 8);
	assert_true(str_ends(p.key, "/r.example:5000/client.key"));
	peer_reset(&p);
	assert_int_equal(peer_find(s, "r.example", true, &p, &err), 0);
	assert_int_equal(p.authorities.len, 0);
	assert_null(p.certificate);
	peer_reset(&p);
	settings_unref(s);
	path_remove_tree(AT_FDCWD, first);
	path_remove_tree(AT_FDCWD, second);
}

static void test_proxies_of_the_environment(void **state)
{
	char http[] = "HTTP_PROXY=http://a", https[] = "https_proxy=http://b",
	     all[] = "ALL_PROXY=c";
	char *some[] = { http, https, all, NULL }, *only[] = { all, NULL }, *none[] = { NULL };

	(void)state;
	assert_string_equal(peer_proxy_of(some, false), "http://a");
	assert_string_equal(peer_proxy_of(some, true), "http://b");
	assert_string_equal(peer_proxy_of(only, true), "c");
	assert_null(peer_proxy_of(none, true));
}

static void test_the_next_page_is_where_link_says(void **state)
{
	static const struct {
		const char *value, *next;
	} cases[] = {
		{ "</v2/x/referrers/d?n=2>; rel=\"next\"", "/v2/x/referrers/d?n=2" },
		{ "<http://a/b,c>;rel=next", "http://a/b,c" },
		{ "<p>; rel=\"prev\", <n>; title=\"a;b\"; REL = \"last next\"", "n" },
		{ "<first>; rel=first; x=next, <second>", NULL },
		{ "<a>; rel=nextone", NULL },
		{ "<a>; rel=", NULL },
		{ "<a>; rel", NULL },
		{ "<a; rel=next", NULL },
		{ "<>;rel=next", "" },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *next = NULL;

		assert_int_equal(link_next(cases[i].value, &next), 0);
		if (cases[i].next && next)
			assert_string_equal(next, cases[i].next);
		else
			assert_ptr_equal(next, cases[i].next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_scheme_follows_from_wish_settings_and_host),
		cmocka_unit_test(test_the_other_scheme_is_tried_once),
		cmocka_unit_test(test_certificates_are_those_of_the_first_folder),
		cmocka_unit_test(test_proxies_of_the_environment),
		cmocka_unit_test(test_the_next_page_is_where_link_says),
	};

	return cmocka_run_group_tests_name("image: address", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/str.h"
#include "secret/credentials.h"

static int read_text(const char *text, struct credentials *ret)
{
	cleanup_json json_t *obj = json_loads(text, 0, NULL);
	struct err err = { 0 };
	int r = credentials_read(obj, ret, &err);

	assert_true(r == 0 || *err.msg);
	return r;
}

static void names_and_passwords_are_read(void **state)
{
	cleanup(credentials_reset) struct credentials c = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"username\":\"u\",\"password\":\"p\",\"auth\":\"\"}", &c), 0);
	assert_string_equal(c.username, "u");
	assert_string_equal(c.password, "p");
	assert_null(c.identity_token);
	assert_true(credentials_are_set(&c));
}

static void a_password_in_auth_may_have_colons(void **state)
{
	cleanup(credentials_reset) struct credentials c = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"auth\":\"dTpwOnE=\"}", &c), 0);
	assert_string_equal(c.username, "u");
	assert_string_equal(c.password, "p:q");
}

static void an_identity_token_stands_for_both(void **state)
{
	cleanup(credentials_reset) struct credentials c = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"identitytoken\":\"t\"}", &c), 0);
	assert_null(c.username);
	assert_string_equal(c.identity_token, "t");
	assert_true(credentials_are_set(&c));
}

static void nothing_is_nobody(void **state)
{
	cleanup(credentials_reset) struct credentials c = { 0 };

	(void)state;
	assert_int_equal(read_text("{}", &c), 0);
	assert_false(credentials_are_set(&c));
}

static void what_is_malformed_is_refused(void **state)
{
	static const char *const wrong[] = { "{\"username\":1}", "{\"auth\":\"dXA=\"}",
					     "{\"auth\":\"%\"}", "{\"auth\":[]}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cleanup(credentials_reset) struct credentials c = { 0 };

		assert_int_equal(read_text(wrong[i], &c), -EBADMSG);
	}
}

static void the_header_is_base64url_of_dockers_json(void **state)
{
	struct credentials c = { .username = strdup("u"), .password = strdup(">?>?>?") };
	cleanup(text_wipe_fn) char *header = NULL;
	cleanup(buf_reset) struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(credentials_header(&c, "localhost:5000", &header, NULL), 0);
	assert_null(strpbrk(header, "+/"));
	assert_int_equal(base64_decode(&text, header), 0);
	assert_int_equal(buf_add(&text, "", 1), 0);
	assert_string_equal(text.data, "{\"username\":\"u\",\"password\":\">?>?>?\","
				       "\"serveraddress\":\"localhost:5000\"}");
	credentials_reset(&c);
}

static void addresses_are_the_names_of_registries(void **state)
{
	static const struct {
		const char *address, *registry;
	} cases[] = {
		{ "https://index.docker.io/v1/", "docker.io" },
		{ "registry-1.docker.io", "docker.io" },
		{ "", "docker.io" },
		{ "docker.io", "docker.io" },
		{ "http://localhost:5000/v2/", "localhost:5000" },
		{ "registry.example.org/team", "registry.example.org" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *name = registry_of_address(cases[i].address);

		assert_string_equal(name, cases[i].registry);
	}
	assert_string_equal(registry_address("docker.io"), "https://index.docker.io/v1/");
	assert_string_equal(registry_address("localhost:5000"), "localhost:5000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_passwords_are_read),
		cmocka_unit_test(a_password_in_auth_may_have_colons),
		cmocka_unit_test(an_identity_token_stands_for_both),
		cmocka_unit_test(nothing_is_nobody),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(the_header_is_base64url_of_dockers_json),
		cmocka_unit_test(addresses_are_the_names_of_registries),
	};

	return cmocka_run_group_tests_name("secret: credentials", tests, NULL, NULL);
}

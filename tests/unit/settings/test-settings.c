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
#include "base/str.h"
#include "settings/file.h"
#include "settings/read.h"
#include "settings/settings.h"

static struct settings *parsed(const char *text)
{
	struct settings *s = NULL;
	struct err err = { 0 };

	if (settings_parse(text, strlen(text), &s, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	return s;
}

static void test_an_empty_object_says_nothing(void **state)
{
	struct settings *s = parsed("{}");

	(void)state;
	assert_null(settings_registry(s, "docker.io"));
	assert_false(settings_is_insecure(s, "registry.example"));
	assert_null(settings_registry(NULL, "docker.io"));
	assert_false(settings_is_insecure(NULL, "registry.example"));
	settings_unref(s);
}

static void test_the_name_counts_before_the_longest_domain(void **state)
{
	struct settings *s = parsed("{\"registries\":{\"*.example\":{\"scheme\":\"http\"},"
				    "\"*.dev.example\":{\"scheme\":\"auto\"},"
				    "\"r.dev.example:5000\":{\"scheme\":\"https\"}}}");

	(void)state;
	assert_int_equal(settings_registry(s, "a.example")->scheme, SCHEME_HTTP);
	assert_int_equal(settings_registry(s, "a.dev.example")->scheme, SCHEME_AUTO);
	assert_int_equal(settings_registry(s, "r.dev.example:5000")->scheme, SCHEME_HTTPS);
	assert_null(settings_registry(s, "example"));
	settings_unref(s);
}

static void test_dockers_mirrors_are_those_of_the_hub(void **state)
{
	struct settings *s = parsed("{\"registries\":{\"docker.io\":{\"mirrors\":[\"https://a\"]}},"
				    "\"registry-mirrors\":[\"http://b:5000/x\"]}");
	const struct registry_settings *hub = settings_registry(s, "docker.io");

	(void)state;
	assert_int_equal(strv_len(hub->mirrors), 2);
	assert_string_equal(hub->mirrors[0], "https://a");
	assert_string_equal(hub->mirrors[1], "http://b:5000/x");
	settings_unref(s);
}

static void test_insecure_registries_are_names_and_networks(void **state)
{
	struct settings *s = parsed(
		"{\"insecure-registries\":[\"10.1.0.0/16\",\"fd00::/8\",\"plain.example\","
		"\"port.example:5000\"],\"registries\":{\"own.example\":{\"insecure\":true}}}");
	static const char *const yes[] = { "10.1.2.3",	    "10.1.2.3:5000",   "[fd00::1]:5000",
					   "plain.example", "plain.example:1", "port.example:5000",
					   "own.example" };
	static const char *const no[] = { "10.2.2.3", "[fe80::1]", "port.example", "other.example",
					  "plain.example.org" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!settings_is_insecure(s, yes[i]))
			fail_msg("%s is secure", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (settings_is_insecure(s, no[i]))
			fail_msg("%s is insecure", no[i]);
	settings_unref(s);
}

static void test_numbers_and_proxies_are_read(void **state)
{
	struct settings *s =
		parsed("{\"max-concurrent-downloads\":6,\"max-concurrent-uploads\":1,"
		       "\"proxies\":{\"http-proxy\":\"http://p:1\",\"no-proxy\":\"x\"},"
		       "\"image-limits\":{\"bytes\":\"2g\",\"entries\":7},"
		       "\"certificate-folders\":[\"/a\",\"/b\"]}");

	(void)state;
	assert_int_equal(s->max_downloads, 6);
	assert_int_equal(s->max_uploads, 1);
	assert_int_equal(s->image_limits.bytes, 2ULL << 30);
	assert_int_equal(s->image_limits.entries, 7);
	assert_int_equal(s->image_limits.ratio, 0);
	assert_true(s->has_proxies);
	assert_string_equal(s->proxies.http, "http://p:1");
	assert_null(s->proxies.https);
	assert_string_equal(s->proxies.none, "x");
	assert_string_equal(s->certificate_folders[1], "/b");
	settings_unref(s);
}

static const char *policy_of(const struct settings *s, const char *registry, const char *repository)
{
	const struct signature_policy *p = settings_signatures(s, registry, repository);

	return p ? p->name : "none";
}

static void test_the_longest_name_says_who_must_have_signed(void **state)
{
	struct settings *s = parsed(
		"{\"signatures\":{\"*.example\":{\"keys\":[\"/d\"]},\"r.example/team\":"
		"{\"keys\":[\"/a\",\"/b\"],\"identity\":\"up.example/x\"},\"r.example/team/free\":"
		"{\"keys\":[]},\"localhost:5000\":{\"keys\":[\"/l\"]}}}");

	(void)state;
	assert_string_equal(policy_of(s, "r.example", "team/app"), "r.example/team");
	assert_string_equal(policy_of(s, "r.example", "team"), "r.example/team");
	assert_string_equal(policy_of(s, "r.example", "teams"), "*.example");
	assert_string_equal(policy_of(s, "r.example", "team/free/x"), "r.example/team/free");
	assert_string_equal(policy_of(s, "localhost:5000", "x"), "localhost:5000");
	assert_string_equal(policy_of(s, "localhost:50001", "x"), "none");
	assert_string_equal(policy_of(s, "docker.io", "library/x"), "none");
	assert_null(settings_signatures(s, "r.example", "team/free")->keys);
	assert_string_equal(settings_signatures(s, "r.example", "team")->keys[1], "/b");
	assert_string_equal(settings_signatures(s, "r.example", "team")->identity, "up.example/x");
	settings_unref(s);
	s = parsed("{\"signatures\":{\"*\":{\"keys\":[\"/d\"]}}}");
	assert_string_equal(policy_of(s, "docker.io", "library/x"), "*");
	assert_null(settings_signatures(NULL, "docker.io", "library/x"));
	settings_unref(s);
}

static void test_what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "settings" },
		{ "[]", "must be an object" },
		{ "{\"registry-mirors\":[]}", "no setting \"registry-mirors\"" },
		{ "{\"registries\":{\"a\":{\"tls\":1}}}",
		  "registry a: there is no setting \"tls\"" },
		{ "{\"registries\":{\"a\":{\"scheme\":\"ftp\"}}}", "\"ftp\": it is http" },
		{ "{\"registries\":{\"a\":1}}", "registry a: it must be an object" },
		{ "{\"registry-mirrors\":[\"ftp://x\"]}", "no address of a mirror" },
		{ "{\"registry-mirrors\":[\"https://user@x\"]}", "no address of a mirror" },
		{ "{\"registry-mirrors\":\"x\"}", "must be a list of texts" },
		{ "{\"max-concurrent-downloads\":0}", "from 1 to 32" },
		{ "{\"certificate-folders\":[\"x\"]}", "no absolute path" },
		{ "{\"proxies\":{\"ftp-proxy\":\"x\"}}", "no setting \"ftp-proxy\"" },
		{ "{\"image-limits\":{\"entries\":0}}", "image-limits: \"entries\" must be" },
		{ "{\"image-limits\":{\"bytes\":\"64g\"}}", "from 1 to" },
		{ "{\"image-limits\":{\"files\":1}}", "no setting \"files\"" },
		{ "{\"signatures\":{\"alpine\":{\"keys\":[]}}}", "no image's name" },
		{ "{\"signatures\":{\"r.example/\":{\"keys\":[]}}}", "no image's name" },
		{ "{\"signatures\":{\"*r.example\":{\"keys\":[]}}}", "no image's name" },
		{ "{\"signatures\":{\"r.example\":{}}}", "\"keys\" are missing" },
		{ "{\"signatures\":{\"r.example\":{\"keys\":[\"x\"]}}}", "no absolute path" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings *s;
		struct err err = { 0 };

		assert_int_equal(settings_parse(cases[i].text, strlen(cases[i].text), &s, &err),
				 -EINVAL);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].words, err.msg);
	}
}

static void write_file(const char *path, const char *text, time_t changed)
{
	const struct timespec times[2] = { { .tv_sec = changed }, { .tv_sec = changed } };
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static uint32_t downloads_of(struct settings_file *f)
{
	struct settings *s;
	struct err err = { 0 };
	uint32_t n;

	if (settings_file_get(f, &s, &err) < 0)
		fail_msg("%s", err.msg);
	n = s->max_downloads;
	settings_unref(s);
	return n;
}

static void test_a_changed_file_is_read_again(void **state)
{
	char path[] = "/tmp/moat-test-XXXXXX";
	struct settings_file f;
	struct settings *s;
	struct err err = { 0 };

	(void)state;
	close(mkstemp(path));
	write_file(path, "{\"max-concurrent-downloads\":4}", 1000);
	assert_int_equal(settings_file_open(path, &f, &err), 0);
	assert_int_equal(downloads_of(&f), 4);
	write_file(path, "{\"max-concurrent-downloads\":5}", 2000);
	assert_int_equal(downloads_of(&f), 5);
	write_file(path, "{", 3000);
	assert_int_equal(settings_file_get(&f, &s, &err), -EINVAL);
	assert_non_null(strstr(err.msg, path));
	unlink(path);
	assert_int_equal(downloads_of(&f), 0);
	settings_file_close(&f);
}

static void test_a_named_file_must_be_there(void **state)
{
	struct settings_file f;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(settings_file_open("/no/such/file", &f, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/no/such/file"));
}

static void test_guests_drop_their_caches_when_nobody_says_otherwise(void **state)
{
	static const char *const wrong[] = { "{\"memory-reclaim\":{\"idle-seconds\":-1}}",
					     "{\"memory-reclaim\":{\"pressure\":1}}",
					     "{\"memory-reclaim\":{\"idle\":1}}" };
	struct settings *s = settings_default();
	struct settings *none;
	struct err err = { 0 };

	(void)state;
	assert_true(s->reclaim_pressure && s->reclaim_idle_sec > 0);
	settings_unref(s);
	s = parsed("{\"memory-reclaim\":{\"idle-seconds\":0,\"pressure\":false}}");
	assert_false(s->reclaim_pressure);
	assert_int_equal(s->reclaim_idle_sec, 0);
	settings_unref(s);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(settings_parse(wrong[i], strlen(wrong[i]), &none, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "memory-reclaim"));
	}
}

static void test_a_userland_proxy_serves_published_ports_unless_it_is_not_to(void **state)
{
	static const char wrong[] = "{\"userland-proxy\":0}";
	struct settings *s = settings_default(), *none;
	struct err err = { 0 };

	(void)state;
	assert_true(s->userland_proxy);
	settings_unref(s);
	s = parsed("{\"userland-proxy\":false}");
	assert_false(s->userland_proxy);
	settings_unref(s);
	assert_int_equal(settings_parse(wrong, strlen(wrong), &none, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "userland-proxy"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_userland_proxy_serves_published_ports_unless_it_is_not_to),
		cmocka_unit_test(test_guests_drop_their_caches_when_nobody_says_otherwise),
		cmocka_unit_test(test_an_empty_object_says_nothing),
		cmocka_unit_test(test_the_name_counts_before_the_longest_domain),
		cmocka_unit_test(test_dockers_mirrors_are_those_of_the_hub),
		cmocka_unit_test(test_insecure_registries_are_names_and_networks),
		cmocka_unit_test(test_numbers_and_proxies_are_read),
		cmocka_unit_test(test_the_longest_name_says_who_must_have_signed),
		cmocka_unit_test(test_what_is_wrong_is_named),
		cmocka_unit_test(test_a_changed_file_is_read_again),
		cmocka_unit_test(test_a_named_file_must_be_there),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}

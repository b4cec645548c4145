/* SPDX-License-Identifier: Apache-2.0 */
/* Logins with moat and with docker, in a home of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/str.h"
#include "folder.h"
#include "secret/docker-config.h"
#include "secret/logins.h"
#include "secret/registries.h"

static int set_up(void **state)
{
	int r = folder_set_up(state);
	const struct folder *f = *state;

	if (r < 0 || setenv("HOME", f->path, 1) < 0 || setenv("DOCKER_CONFIG", f->path, 1) < 0)
		return -1;
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	return 0;
}

static void expect_user(const char *registry, const char *user)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup_free char *warning = NULL;

	assert_int_equal(registry_credentials(registry, &c, &warning, NULL), 0);
	assert_null(warning);
	if (user)
		assert_string_equal(c.username, user);
	else
		assert_false(credentials_are_set(&c));
}

static void remember(const char *registry, const char *user)
{
	struct credentials c = { .username = strdup(user), .password = strdup("p") };

	assert_int_equal(registry_remember(registry, "file", &c, NULL), 0);
	credentials_reset(&c);
}

static void a_login_in_a_file_is_for_its_registry_alone(void **state)
{
	const struct folder *f = *state;
	bool was;
	struct stat sb;

	remember("localhost:5000", "u");
	expect_user("localhost:5000", "u");
	expect_user("docker.io", NULL);
	assert_int_equal(fstatat(f->fd, ".config/moat/registries.json", &sb, 0), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(registry_forget("localhost:5000", &was, NULL), 0);
	assert_true(was);
	expect_user("localhost:5000", NULL);
	assert_int_equal(registry_forget("localhost:5000", &was, NULL), 0);
	assert_false(was);
}

static void logins_of_dockers_are_used_until_there_is_one_with_moat(void **state)
{
	bool was;

	folder_put(*state, "config.json",
		   "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"ZDpw\"}}}");
	expect_user("docker.io", "d");
	remember("docker.io", "m");
	expect_user("docker.io", "m");
	assert_int_equal(registry_forget("docker.io", &was, NULL), 0);
	expect_user("docker.io", "d");
	folder_put(*state, "config.json", "{}");
}

static void a_helper_of_dockers_that_fails_is_warned_of(void **state)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup_free char *warning = NULL;

	folder_put(*state, "config.json", "{\"credsStore\":\"not-there\"}");
	assert_int_equal(registry_credentials("docker.io", &c, &warning, NULL), 0);
	assert_string_equal(warning, "docker-credential-not-there is not on PATH");
	assert_false(credentials_are_set(&c));
	folder_put(*state, "config.json", "{}");
}

static void a_helper_of_moats_login_that_fails_is_an_error(void **state)
{
	cleanup(logins_close) struct logins l = LOGINS_NONE;
	struct credentials c = { 0 };
	struct err err = { 0 };
	char *warning = NULL;
	bool was;

	(void)state;
	assert_int_equal(logins_open(true, &l, NULL), 0);
	assert_int_equal(logins_set(&l, "r", "not-there", NULL, NULL), 0);
	logins_close(&l);
	assert_int_equal(registry_credentials("r", &c, &warning, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "moat logout r"));
	/* What cannot be asked is not forgotten either. */
	assert_int_equal(registry_forget("r", &was, &err), -ENOENT);
	assert_int_equal(logins_open(true, &l, NULL), 0);
	assert_int_equal(logins_remove(&l, "r", NULL), 0);
}

static void a_helper_of_a_registrys_own_goes_before_the_common_one(void **state)
{
	struct docker_config config = { 0 };
	cleanup_strv char **registries = NULL;

	folder_put(*state, "config.json",
		   "{\"credsStore\":\"all\",\"credHelpers\":{\"r.example.org\":\"own\"}}");
	assert_int_equal(docker_config_load(&config, NULL), 0);
	assert_string_equal(docker_config_store(&config, "r.example.org"), "own");
	assert_string_equal(docker_config_store(&config, "docker.io"), "all");
	assert_int_equal(docker_config_registries(&config, &registries), 0);
	assert_int_equal(strv_len(registries), 1);
	docker_config_reset(&config);
	folder_put(*state, "config.json", "{}");
}

static void a_malformed_file_is_named(void **state)
{
	struct credentials c = { 0 };
	struct err err = { 0 };
	char *warning = NULL;

	folder_put(*state, "config.json", "[");
	assert_int_equal(registry_credentials("r", &c, &warning, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "config.json"));
	folder_put(*state, "config.json", "{}");
}

static void without_a_vault_nothing_is_asked_for(void **state)
{
	char *store = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(registry_choose_store("r", NULL, &store, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "--store file"));
	assert_int_equal(registry_choose_store("r", "file", &store, &err), 0);
	assert_string_equal(store, "file");
	free(store);
}

static void all_that_are_known_are_listed(void **state)
{
	cleanup_json json_t *list = NULL;

	folder_put(*state, "config.json", "{\"auths\":{\"d.example.org\":{\"auth\":\"ZDpw\"}}}");
	remember("m.example.org", "m");
	assert_int_equal(registries_known(&list, NULL), 0);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "username")),
			    "m");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "store")),
			    "docker's config.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_in_a_file_is_for_its_registry_alone),
		cmocka_unit_test(logins_of_dockers_are_used_until_there_is_one_with_moat),
		cmocka_unit_test(a_helper_of_dockers_that_fails_is_warned_of),
		cmocka_unit_test(a_helper_of_moats_login_that_fails_is_an_error),
		cmocka_unit_test(a_helper_of_a_registrys_own_goes_before_the_common_one),
		cmocka_unit_test(a_malformed_file_is_named),
		cmocka_unit_test(without_a_vault_nothing_is_asked_for),
		cmocka_unit_test(all_that_are_known_are_listed),
	};

	return cmocka_run_group_tests_name("secret: registries", tests, set_up, folder_tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "secret/registries.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json-object.h"
#include "base/str.h"
#include "secret/docker-config.h"
#include "secret/helper.h"
#include "secret/logins.h"

#define DOCKER_FILE "docker's config.json"

static int ask_store(const char *store, const char *registry, struct credentials *ret,
		     struct err *err)
{
	cleanup_free char *program = NULL;
	int r = helper_find(store, &program, err);

	return r < 0 ? r : helper_get(program, registry_address(registry), ret, err);
}

/* Looks for a login with moat.  Return: 1: there is one; 0: none; negative errno. */
static int ask_moat(const char *registry, struct credentials *ret, struct err *err)
{
	cleanup(logins_close) struct logins logins = LOGINS_NONE;
	const char *store;
	int r = logins_open(false, &logins, err);

	/* A user without a home has no logins. */
	if (r == -ENOENT)
		return 0;
	store = r == 0 ? logins_store(&logins, registry) : NULL;
	if (r < 0 || !store)
		return r;
	r = streq(store, LOGINS_FILE_STORE) ? logins_auth(&logins, registry, ret, err)
					    : ask_store(store, registry, ret, err);
	if (r < 0)
		return err_wrap(err,
				"the login for %s (log in again, or `moat logout %s` to go on "
				"without)",
				registry, registry);
	return 1;
}

static int ask_docker(const char *registry, struct credentials *ret, char **ret_warning,
		      struct err *err)
{
	cleanup(docker_config_reset) struct docker_config config = { 0 };
	cleanup_free char *program = NULL;
	struct err why = { 0 };
	const char *store;
	int r = docker_config_load(&config, err);

	if (r < 0)
		return r;
	store = docker_config_store(&config, registry);
	r = store ? helper_find(store, &program, &why) : 0;
	if (r == 0 && program) {
		r = helper_get(program, registry_address(registry), ret, &why);
		if (r == 0)
			return 0;
		/* The store has none. */
		if (r == -ENOENT)
			r = 0;
	}
	if (r < 0 && !(*ret_warning = strdup(why.msg)))
		return err_nomem(err);
	return docker_config_auth(&config, registry, ret, err);
}

int registry_credentials(const char *registry, struct credentials *ret, char **ret_warning,
			 struct err *err)
{
	struct credentials c = { 0 };
	char *warning = NULL;
	int r = ask_moat(registry, &c, err);

	if (r == 0)
		r = ask_docker(registry, &c, &warning, err);
	if (r < 0) {
		credentials_reset(&c);
		free(warning);
		return r;
	}
	*ret = c;
	*ret_warning = warning;
	return 0;
}

/* Is there a bus that a Secret Service could be on? */
static bool has_session_bus(void)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *path = runtime ? str_printf("%s/bus", runtime) : NULL;

	return (address && *address) || (path && access(path, F_OK) == 0);
}

int registry_choose_store(const char *registry, const char *asked, char **ret, struct err *err)
{
	cleanup(docker_config_reset) struct docker_config config = { 0 };
	cleanup_free char *program = NULL;
	const char *store = asked;
	int r = asked ? 0 : docker_config_load(&config, err);

	if (r < 0)
		return r;
	if (!store)
		store = docker_config_store(&config, registry);
	if (!store && has_session_bus())
		store = "secretservice";
	if (!store)
		return err_set(err, -ENOENT,
			       "there is no vault to keep it in: log in to a desktop "
			       "session with a Secret Service (gnome-keyring, KWallet), or install "
			       "a credential helper (golang-docker-credential-helpers has pass and "
			       "secretservice) and name it with --store, or keep it in a file that "
			       "only you can read with --store file");
	if (!streq(store, LOGINS_FILE_STORE)) {
		r = helper_find(store, &program, err);
		if (r < 0)
			return r;
	}
	*ret = strdup(store);
	return *ret ? 0 : err_nomem(err);
}

int registry_remember(const char *registry, const char *store, const struct credentials *c,
		      struct err *err)
{
	cleanup(logins_close) struct logins logins = LOGINS_NONE;
	cleanup_free char *program = NULL;
	bool in_file = streq(store, LOGINS_FILE_STORE);
	int r = logins_open(true, &logins, err);

	if (r == 0 && !in_file)
		r = helper_find(store, &program, err);
	if (r == 0 && !in_file)
		r = helper_store(program, registry_address(registry), c, err);
	return r < 0 ? r : logins_set(&logins, registry, store, in_file ? c : NULL, err);
}

static int erase_login(const char *store, const char *registry, struct err *err)
{
	cleanup_free char *program = NULL;
	int r = helper_find(store, &program, err);

	if (r == 0)
		r = helper_erase(program, registry_address(registry), err);
	return r == -ENOENT && program ? 0 : r;
}

int registry_forget(const char *registry, bool *ret_was, struct err *err)
{
	cleanup(logins_close) struct logins logins = LOGINS_NONE;
	const char *store;
	int r = logins_open(true, &logins, err);

	if (r < 0)
		return r;
	store = logins_store(&logins, registry);
	*ret_was = store != NULL;
	if (store && !streq(store, LOGINS_FILE_STORE))
		r = erase_login(store, registry, err);
	return r < 0 ? r : logins_remove(&logins, registry, err);
}

/* Adds the user's name at a registry, without asking a store that would ask the user. */
static int add_known(json_t *list, const char *registry, const char *store, const char *user)
{
	return json_array_append_new(list, JSON_OBJECT(member_text("registry", registry),
						       member_text("store", store),
						       member_text("username", user ? user : "")));
}

/* Lists names that a store has, by address; an empty object where it does not answer. */
static json_t *names_in(const char *store)
{
	cleanup_free char *program = NULL;
	json_t *names = NULL;

	if (helper_find(store, &program, NULL) == 0)
		(void)helper_list(program, &names, NULL);
	return names ? names : json_object();
}

static int list_one(json_t *list, const char *registry, const char *store, const char *shown,
		    const struct credentials *in_file)
{
	cleanup_json json_t *names = in_file ? NULL : names_in(store);
	const char *user =
		in_file ? in_file->username
			: json_string_value(json_object_get(names, registry_address(registry)));

	return add_known(list, registry, shown, user);
}

static int list_moat(json_t *list, const struct logins *logins, char *const *registries)
{
	for (size_t i = 0; i < strv_len(registries); i++) {
		struct credentials c = { 0 };
		const char *store = logins_store(logins, registries[i]);
		bool in_file = store && streq(store, LOGINS_FILE_STORE);
		int r;

		if (!store)
			continue;
		if (in_file)
			(void)logins_auth(logins, registries[i], &c, NULL);
		r = list_one(list, registries[i], store, store, in_file ? &c : NULL);
		credentials_reset(&c);
		if (r < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Lists entries of docker's one store for all registries that are not listed already. */
static int list_store(json_t *list, const char *store, char *const *not_these)
{
	cleanup_json json_t *names = names_in(store);
	json_t *user;
	const char *address;

	json_object_foreach (names, address, user) {
		cleanup_free char *registry = registry_of_address(address);

		if (!registry || (!strv_has(not_these, registry) &&
				  add_known(list, registry, store, json_string_value(user)) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int list_docker(json_t *list, const struct docker_config *config, char **not_these)
{
	const char *common = docker_config_store(config, "");
	cleanup_strv char **registries = NULL;
	int r = docker_config_registries(config, &registries);

	for (size_t i = 0; r == 0 && i < strv_len(registries); i++) {
		cleanup(credentials_reset) struct credentials c = { 0 };
		const char *store = docker_config_store(config, registries[i]);
		bool own = store && (!common || !streq(store, common));

		if (strv_has(not_these, registries[i]))
			continue;
		(void)docker_config_auth(config, registries[i], &c, NULL);
		if (credentials_are_set(&c))
			r = list_one(list, registries[i], "", DOCKER_FILE, &c);
		else if (own)
			r = list_one(list, registries[i], store, store, NULL);
	}
	return r == 0 && common ? list_store(list, common, not_these) : r;
}

int registries_known(json_t **ret, struct err *err)
{
	cleanup(logins_close) struct logins logins = LOGINS_NONE;
	cleanup(docker_config_reset) struct docker_config config = { 0 };
	cleanup_strv char **with_moat = NULL;
	cleanup_json json_t *list = json_array();
	int r = logins_open(false, &logins, err);

	if (r == 0)
		r = docker_config_load(&config, err);
	if (r < 0)
		return r;
	if (!list || logins_registries(&logins, &with_moat) < 0 ||
	    list_moat(list, &logins, with_moat) < 0 || list_docker(list, &config, with_moat) < 0)
		return err_nomem(err);
	*ret = take_ptr(list);
	return 0;
}

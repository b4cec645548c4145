/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker-credential-moat: docker's protocol of credential helpers, in front of the session's Secret
 * Service (GNOME Keyring, KWallet, KeePassXC).  Entries have the schema and the attributes of
 * docker-credential-secretservice, so that both find each other's.
 *
 * A program of its own: libsecret brings GLib, and passwords are in the memory of this process
 * alone for as long as one request takes.
 */
#include <libsecret/secret.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "secret/credentials.h"

#define INPUT_MAX (64u << 10)
#define NOT_FOUND "credentials not found in native keychain"

static const SecretSchema schema = { .name = "io.docker.Credentials",
				     .flags = SECRET_SCHEMA_NONE,
				     .attributes = {
					     { "label", SECRET_SCHEMA_ATTRIBUTE_STRING },
					     { "server", SECRET_SCHEMA_ATTRIBUTE_STRING },
					     { "username", SECRET_SCHEMA_ATTRIBUTE_STRING },
					     { "docker_cli", SECRET_SCHEMA_ATTRIBUTE_STRING },
				     } };

static int fail_with(const char *why)
{
	puts(why);
	return 1;
}

static int fail_as(GError *error)
{
	int r = fail_with(error ? error->message : NOT_FOUND);

	g_clear_error(&error);
	return r;
}

/* @server: NULL: any.  @user: NULL: any; else also for a new entry */
static GHashTable *attributes(const char *server, const char *user)
{
	if (!server)
		return secret_attributes_build(&schema, "docker_cli", "1", NULL);
	if (!user)
		return secret_attributes_build(&schema, "docker_cli", "1", "server", server, NULL);
	return secret_attributes_build(&schema, "docker_cli", "1", "label", "Docker Credentials",
				       "server", server, "username", user, NULL);
}

static GList *search_items(const char *server, SecretSearchFlags flags, GError **error)
{
	GHashTable *table = attributes(server, NULL);
	GList *items = secret_service_search_sync(NULL, &schema, table, flags, NULL, error);

	g_hash_table_unref(table);
	return items;
}

/* Writes an object of two or three texts. */
static int print_answer(json_t *object)
{
	char *text = object ? json_write(object) : NULL;
	int r = text && fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 1;

	text_wipe(text);
	json_decref(object);
	return r;
}

static int answer_item(SecretItem *item, const char *server)
{
	SecretValue *value = secret_item_get_secret(item);
	GHashTable *attrs = secret_item_get_attributes(item);
	const char *user = g_hash_table_lookup(attrs, "username");
	const char *text = value ? secret_value_get_text(value) : NULL;
	int r = text ? print_answer(json_pack("{s:s, s:s, s:s}", "ServerURL", server, "Username",
					      user ? user : "", "Secret", text))
		     : fail_with("the entry in the vault has no text");

	g_hash_table_unref(attrs);
	if (value)
		secret_value_unref(value);
	return r;
}

static int get_login(const char *server)
{
	GError *error = NULL;
	GList *items =
		search_items(server, SECRET_SEARCH_UNLOCK | SECRET_SEARCH_LOAD_SECRETS, &error);
	int r;

	if (!items)
		return fail_as(error);
	r = answer_item(items->data, server);
	g_list_free_full(items, g_object_unref);
	return r;
}

static int erase_login(const char *server)
{
	GHashTable *table = attributes(server, NULL);
	GError *error = NULL;
	gboolean removed = secret_service_clear_sync(NULL, &schema, table, NULL, &error);

	g_hash_table_unref(table);
	return removed ? 0 : fail_as(error);
}

static int store_login(const char *text, size_t len)
{
	cleanup_json json_t *obj = NULL;
	const char *server = NULL, *user = NULL, *secret = NULL;
	GError *error = NULL;
	GHashTable *table;
	gboolean stored;

	if (json_read(text, len, "input", &obj, NULL) < 0 ||
	    json_get_str(obj, "ServerURL", &server, NULL) < 0 ||
	    json_get_str(obj, "Username", &user, NULL) < 0 ||
	    json_get_str(obj, "Secret", &secret, NULL) < 0 || !server || !user || !secret)
		return fail_with("ServerURL, Username and Secret are wanted");
	/* Removes entries of other users, which would be found in place of the new one. */
	table = attributes(server, NULL);
	secret_service_clear_sync(NULL, &schema, table, NULL, NULL);
	g_hash_table_unref(table);
	table = attributes(server, user);
	stored = secret_password_storev_sync(&schema, table, SECRET_COLLECTION_DEFAULT, server,
					     secret, NULL, &error);
	g_hash_table_unref(table);
	return stored ? 0 : fail_as(error);
}

static int list_logins(void)
{
	GError *error = NULL;
	GList *items = search_items(NULL, SECRET_SEARCH_ALL, &error);
	json_t *names = json_object();

	if (error)
		return fail_as(error);
	for (GList *at = items; at; at = at->next) {
		GHashTable *attrs = secret_item_get_attributes(at->data);
		const char *server = g_hash_table_lookup(attrs, "server");
		const char *user = g_hash_table_lookup(attrs, "username");

		if (server)
			json_object_set_new(names, server, json_string(user ? user : ""));
		g_hash_table_unref(attrs);
	}
	g_list_free_full(items, g_object_unref);
	return print_answer(names);
}

static int act_on(const char *action, const char *input, size_t len)
{
	cleanup_free char *server = strndup(input, strcspn(input, "\r\n"));

	if (streq(action, "store"))
		return store_login(input, len);
	if (streq(action, "list"))
		return list_logins();
	if (!server || !*server)
		return fail_with("no credentials server URL");
	if (streq(action, "get"))
		return get_login(server);
	if (streq(action, "erase"))
		return erase_login(server);
	return fail_with("unknown action: get, store, erase or list");
}

int main(int argc, char **argv)
{
	static char input[INPUT_MAX + 1];
	size_t len = 0;
	ssize_t n;
	int r;

	/* Keeps passwords out of core dumps, and from other processes of this user. */
	if (fd_open_std() < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return 1;
	secrets_wiped_when_freed();
	if (argc != 2)
		return fail_with("usage: docker-credential-moat get|store|erase|list");
	while (len < INPUT_MAX && (n = read(STDIN_FILENO, input + len, INPUT_MAX - len)) > 0)
		len += (size_t)n;
	r = act_on(argv[1], input, len);
	explicit_bzero(input, sizeof(input));
	return r;
}

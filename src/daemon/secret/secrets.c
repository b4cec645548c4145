/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The value goes into the vault first, and then a file NAME.json says so: a
 * crash in between leaves an entry in the vault that the next secret of this name replaces.  A
 * removal goes the other way round, so a secret that is listed always has, or had, a value.
 *
 * A vault knows a secret by an address, as it knows a registry; docker's helpers keep any text for
 * any address.
 */
#include "daemon/secret/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json-object.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/random.h"
#include "base/str.h"
#include "daemon/spec/secrets.h"
#include "secret/credentials.h"
#include "secret/helper.h"
#include "secret/logins.h"
#include "secret/registries.h"

#define USER	     "moat-secret"
#define SUFFIX	     ".json"
#define FILE_MAX     (2u << 20)
#define IN_FILE_MAX  OCI_SECRET_MAX_BYTES
#define IN_VAULT_MAX (CREDENTIALS_TEXT_MAX / 4 * 3)

int secrets_open(int root_fd, const char *root, struct secrets *ret, struct err *err)
{
	int r = path_open_dir(root_fd, "secrets", 0700, &ret->dir_fd);

	if (r < 0)
		return err_errno(err, r, "%s/secrets", root);
	ret->root = strdup(root);
	pthread_mutex_init(&ret->lock, NULL);
	if (!ret->root) {
		fd_close(&ret->dir_fd);
		return err_nomem(err);
	}
	return 0;
}

void secrets_close(struct secrets *s)
{
	if (s->root)
		fd_close(&s->dir_fd);
	free(s->root);
	s->root = NULL;
}

static char *file_name(const char *name)
{
	return str_printf("%s" SUFFIX, name);
}

static char *vault_address(const struct secrets *s, const char *name)
{
	return str_printf("moat-secret:%s/%s", s->root, name);
}

/* @name: passed secret_name_check() */
static int load_document(struct secrets *s, const char *name, json_t **ret, struct err *err)
{
	cleanup_free char *file = file_name(name);
	struct buf text = BUF_INIT;
	int r = file ? file_read_at(s->dir_fd, file, FILE_MAX, &text) : -ENOMEM;

	if (r == 0)
		r = json_read(text.data, text.len, file, ret, err);
	else if (r == -ENOENT)
		err_set(err, r, "No such secret: %s", name);
	else
		err_errno(err, r, "secret %s", name);
	buf_wipe(&text);
	return r;
}

static int check_value(const struct secret_new *new, bool in_file, struct err *err)
{
	size_t max = in_file ? IN_FILE_MAX : IN_VAULT_MAX, len;
	struct buf plain = BUF_INIT;
	int r = buf_reserve(&plain, strlen(new->value));

	if (r == 0)
		r = base64_decode(&plain, new->value);
	len = plain.len;
	buf_wipe(&plain);
	if (r == -ENOMEM)
		return err_nomem(err);
	if (r < 0)
		return err_set(err, -EINVAL, "the secret's Data is not base64");
	if (len == 0)
		return err_set(err, -EINVAL, "the secret is empty");
	return len > max ? err_set(err, -EINVAL,
				   "a secret in %s has at most %zu bytes, and this one has %zu",
				   in_file ? "a file" : "a vault", max, len)
			 : 0;
}

static int put_into_vault(struct secrets *s, const struct secret_new *new, const char *store,
			  struct err *err)
{
	cleanup_free char *program = NULL, *address = vault_address(s, new->name);
	struct credentials c = { .username = strdup(USER), .password = strdup(new->value) };
	int r = address && c.username && c.password ? helper_find(store, &program, err)
						    : err_nomem(err);

	if (r == 0)
		r = helper_store(program, address, &c, err);
	credentials_reset(&c);
	return r;
}

static json_t *describe_new(const struct secret_new *new, const char *id, const char *store,
			    bool in_file)
{
	char created[CLOCK_TEXT_MAX];

	clock_format(clock_now_nsec(), created);
	return JSON_OBJECT(
		member_text("ID", id), member_text("CreatedAt", created),
		member_text("UpdatedAt", created),
		member_json("Spec",
			    JSON_OBJECT(member_text("Name", new->name),
					member_json("Labels", new->labels ? json_incref(new->labels)
									  : json_object()))),
		member_text("Store", store),
		member_optional("Data", in_file ? json_string(new->value) : NULL));
}

static int write_new(struct secrets *s, const char *name, json_t *document, struct err *err)
{
	cleanup_free char *file = file_name(name);
	char *text = document ? json_write(document) : NULL;
	int r = file && text ? file_write_atomic(s->dir_fd, file, text, strlen(text), 0600)
			     : -ENOMEM;

	text_wipe(text);
	return r < 0 ? err_errno(err, r, "secret %s", name) : 0;
}

static int check_new(struct secrets *s, const struct secret_new *new, struct err *err)
{
	cleanup_free char *file = file_name(new->name);

	if (!file)
		return err_nomem(err);
	if (faccessat(s->dir_fd, file, F_OK, 0) == 0)
		return err_set(err, -EEXIST, "secret %s already exists", new->name);
	return 0;
}

int secret_create(struct secrets *s, const struct secret_new *new, char ret_id[SECRET_ID_LEN + 1],
		  struct err *err)
{
	cleanup_free char *store = NULL;
	cleanup_json json_t *document = NULL;
	char id[ID_LEN + 1];
	bool in_file;
	int r = secret_name_check(new->name, err);

	mutex_hold(&s->lock);
	if (r == 0)
		r = check_new(s, new, err);
	if (r == 0)
		r = registry_choose_store("", new->store &&*new->store ? new->store : NULL, &store,
					  err);
	if (r < 0)
		return r;
	in_file = streq(store, LOGINS_FILE_STORE);
	r = check_value(new, in_file, err);
	if (r == 0 && !in_file)
		r = put_into_vault(s, new, store, err);
	if (r < 0)
		return r;
	r = random_id(id);
	if (r < 0)
		return err_errno(err, r, "secret %s", new->name);
	id[SECRET_ID_LEN] = '\0';
	document = describe_new(new, id, store, in_file);
	r = document ? write_new(s, new->name, document, err) : err_nomem(err);
	if (r == 0)
		memcpy(ret_id, id, SECRET_ID_LEN + 1);
	return r;
}

static int add_to_list(int dir_fd, const char *file, void *arg)
{
	json_t *list = arg, *document = NULL;
	struct secrets s = { .dir_fd = dir_fd };
	cleanup_free char *name = strdup(file);

	if (!name || !str_ends(file, SUFFIX) || *file == '.')
		return name ? 0 : -ENOMEM;
	name[strlen(name) - strlen(SUFFIX)] = '\0';
	if (load_document(&s, name, &document, NULL) < 0)
		return 0;
	(void)json_object_del(document, "Data");
	return json_array_append_new(list, document) < 0 ? -ENOMEM : 0;
}

static const char *name_of(const json_t *secret)
{
	const char *name =
		json_string_value(json_object_get(json_object_get(secret, "Spec"), "Name"));

	return name ? name : "";
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(name_of(*(json_t *const *)a), name_of(*(json_t *const *)b));
}

/* By name. */
static int sort_list(json_t *list)
{
	size_t n = json_array_size(list);
	cleanup_free json_t **items = calloc(n + 1, sizeof(json_t *));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		items[i] = json_incref(json_array_get(list, i));
	qsort(items, n, sizeof(json_t *), compare_names);
	json_array_clear(list);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, items[i]);
	return 0;
}

int secrets_list(struct secrets *s, json_t **ret, struct err *err)
{
	cleanup_json json_t *list = json_array();
	int r = list ? path_each(s->dir_fd, add_to_list, list) : -ENOMEM;

	if (r == 0)
		r = sort_list(list);
	if (r < 0)
		return err_errno(err, r, "secrets");
	*ret = take_ptr(list);
	return 0;
}

int secret_inspect(struct secrets *s, const char *name, json_t **ret, struct err *err)
{
	cleanup_json json_t *list = NULL;
	const json_t *item, *found = NULL;
	size_t i;
	int r = secrets_list(s, &list, err);

	if (r < 0)
		return r;
	json_array_foreach (list, i, item) {
		const char *id = json_string_value(json_object_get(item, "ID"));

		if (streq(name_of(item), name)) {
			found = item;
			break;
		}
		if (*name && id && str_starts(id, name)) {
			if (found)
				return err_set(err, -EINVAL, "more than one secret is meant by %s",
					       name);
			found = item;
		}
	}
	if (!found)
		return err_set(err, -ENOENT, "No such secret: %s", name);
	*ret = json_deep_copy(found);
	return *ret ? 0 : err_nomem(err);
}

static int get_from_vault(struct secrets *s, const char *name, const char *store,
			  struct credentials *ret, struct err *err)
{
	cleanup_free char *program = NULL, *address = vault_address(s, name);
	int r = address ? helper_find(store, &program, err) : err_nomem(err);

	return r < 0 ? r : helper_get(program, address, ret, err);
}

int secret_value(struct secrets *s, const char *name, struct buf *ret, struct err *err)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup_json json_t *document = NULL;
	const char *store = NULL, *value = NULL;
	int r = secret_name_check(name, err);

	if (r == 0)
		r = load_document(s, name, &document, err);
	if (r == 0)
		r = json_get_str(document, "Store", &store, err);
	if (r == 0)
		r = json_get_str(document, "Data", &value, err);
	if (r == 0 && !value)
		r = get_from_vault(s, name, store ? store : "", &c, err);
	if (r < 0)
		return err_wrap(err, "secret %s", name);
	value = value ? value : c.password ? c.password : "";
	r = buf_reserve(ret, strlen(value));
	if (r == 0)
		r = base64_decode(ret, value);
	return r < 0 ? err_errno(err, r, "secret %s", name) : 0;
}

int secret_remove(struct secrets *s, const char *name, struct err *err)
{
	cleanup_free char *file = file_name(name), *program = NULL,
			  *address = vault_address(s, name);
	cleanup_json json_t *document = NULL;
	const char *store = NULL;
	int r = file && address ? secret_name_check(name, err) : err_nomem(err);

	mutex_hold(&s->lock);
	if (r == 0)
		r = load_document(s, name, &document, err);
	if (r == 0)
		r = json_get_str(document, "Store", &store, err);
	if (r < 0)
		return r;
	if (store && !streq(store, LOGINS_FILE_STORE)) {
		r = helper_find(store, &program, err);
		if (r == 0)
			r = helper_erase(program, address, err);
		/* Somebody else has removed the value from the vault. */
		if (r < 0 && !(r == -ENOENT && program))
			return err_wrap(err, "secret %s", name);
	}
	return unlinkat(s->dir_fd, file, 0) < 0 ? err_errno(err, -errno, "secret %s", name) : 0;
}

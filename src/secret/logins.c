/* SPDX-License-Identifier: Apache-2.0 */
#include "secret/logins.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/fd.h"
#include "base/json-object.h"
#include "base/path.h"
#include "base/str.h"

#define FILE_NAME "registries.json"
#define LOCK_NAME "registries.lock"

static int folder_path(char **ret, struct err *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && *config == '/')
		*ret = str_printf("%s/moat", config);
	else if (home && *home == '/')
		*ret = str_printf("%s/.config/moat", home);
	else
		return err_set(err, -ENOENT,
			       "there is no folder for logins: HOME and XDG_CONFIG_HOME are not "
			       "set");
	return *ret ? 0 : err_nomem(err);
}

static int open_locked(const char *path, struct logins *l, struct err *err)
{
	int r = path_mkdir_p(path, 0700);

	if (r < 0)
		return err_errno(err, r, "%s", path);
	l->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir_fd >= 0)
		l->lock_fd = openat(l->dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
				    0600);
	if (l->lock_fd < 0 || flock(l->lock_fd, LOCK_EX) < 0)
		return err_errno(err, -errno, "%s/" LOCK_NAME, path);
	return 0;
}

static int read_document(const char *path, struct logins *l, struct err *err)
{
	cleanup_free char *file = str_printf("%s/" FILE_NAME, path);
	struct buf text = BUF_INIT;
	int r;

	if (!file)
		return err_nomem(err);
	r = file_read_at(AT_FDCWD, file, LOGINS_MAX, &text);
	if (r == 0)
		r = json_read(text.data, text.len, file, &l->document, err);
	else if (r != -ENOENT && r != -ENOTDIR)
		err_errno(err, r, "%s", file);
	buf_wipe(&text);
	if (r == -ENOENT || r == -ENOTDIR) {
		l->document = json_object();
		return l->document ? 0 : err_nomem(err);
	}
	if (r == 0 && !json_is_object(l->document))
		r = err_set(err, -EBADMSG, "%s is no JSON object", file);
	return r;
}

int logins_open(bool writes, struct logins *ret, struct err *err)
{
	cleanup_free char *path = NULL;
	struct logins l = LOGINS_NONE;
	int r = folder_path(&path, err);

	if (r == 0 && writes)
		r = open_locked(path, &l, err);
	if (r == 0)
		r = read_document(path, &l, err);
	if (r < 0)
		logins_close(&l);
	else
		*ret = l;
	return r;
}

void logins_close(struct logins *l)
{
	fd_close(&l->dir_fd);
	fd_close(&l->lock_fd);
	json_decref(l->document);
	l->document = NULL;
}

static json_t *find_login(const struct logins *l, const char *registry)
{
	return json_object_get(json_object_get(l->document, "registries"), registry);
}

const char *logins_store(const struct logins *l, const char *registry)
{
	return json_string_value(json_object_get(find_login(l, registry), "store"));
}

int logins_auth(const struct logins *l, const char *registry, struct credentials *ret,
		struct err *err)
{
	json_t *login = find_login(l, registry);

	return json_is_object(login) ? credentials_read(login, ret, err) : 0;
}

static int write_document(struct logins *l, struct err *err)
{
	char *text = json_write(l->document);
	int r = text ? file_write_atomic(l->dir_fd, FILE_NAME, text, strlen(text), 0600) : -ENOMEM;

	text_wipe(text);
	return r < 0 ? err_errno(err, r, FILE_NAME) : 0;
}

/* NAME:PASSWORD in base64.  Return: NULL when out of memory. */
static json_t *auth_text(const struct credentials *c)
{
	struct buf b = BUF_INIT;
	char *plain = str_printf("%s:%s", c->username, c->password);
	json_t *text = NULL;

	if (plain && buf_reserve(&b, 2 * strlen(plain) + 4) == 0 &&
	    base64_encode(&b, plain, strlen(plain)) == 0)
		text = json_stringn(b.data, b.len);
	text_wipe(plain);
	buf_wipe(&b);
	return text;
}

static json_t *describe_login(const char *store, const struct credentials *c)
{
	if (!c)
		return JSON_OBJECT(member_text("store", store));
	if (c->identity_token)
		return JSON_OBJECT(member_text("store", store),
				   member_text("identitytoken", c->identity_token));
	return JSON_OBJECT(member_text("store", store), member_json("auth", auth_text(c)));
}

int logins_set(struct logins *l, const char *registry, const char *store,
	       const struct credentials *c, struct err *err)
{
	json_t *registries = json_object_get(l->document, "registries");

	if (!json_is_object(registries)) {
		registries = json_object();
		if (json_object_set_new(l->document, "registries", registries) < 0)
			return err_nomem(err);
	}
	if (json_object_set_new(registries, registry, describe_login(store, c)) < 0)
		return err_nomem(err);
	return write_document(l, err);
}

int logins_remove(struct logins *l, const char *registry, struct err *err)
{
	if (json_object_del(json_object_get(l->document, "registries"), registry) < 0)
		return 0;
	return write_document(l, err);
}

int logins_registries(const struct logins *l, char ***ret)
{
	json_t *registries = json_object_get(l->document, "registries"), *value;
	cleanup_strv char **list = NULL;
	const char *name;

	json_object_foreach (registries, name, value) {
		if (strv_add(&list, name) < 0)
			return -ENOMEM;
	}
	*ret = take_ptr(list);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/secrets.h"

#include <ctype.h>
#include <errno.h>

#include "base/str.h"
#include "oci/secret-text.h"

#define DEFAULT_MODE 0444

void secret_uses_reset(struct secret_uses *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->items[i].path);
	free(u->items);
	*u = (struct secret_uses){ 0 };
}

int secret_name_check(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > SECRET_NAME_MAX || !isalnum((unsigned char)name[0]) ||
	    !isalnum((unsigned char)name[len - 1]) ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")])
		return err_set(
			err, -EINVAL,
			"invalid secret name \"%.80s\": up to %d letters, digits, '-', '_' and "
			"'.', the first and the last a letter or digit",
			name, SECRET_NAME_MAX);
	return 0;
}

static int read_number(const json_t *item, const char *key, int64_t max, int64_t *ret,
		       struct err *err)
{
	int r = json_get_i64(item, key, ret, err);

	if (r == 0 && (*ret < 0 || *ret > max))
		return err_set(err, -EINVAL, "%s of a secret is a number from 0 to %lld", key,
			       (long long)max);
	return r;
}

static int read_path(const struct secret_use *use, const char *target, char **ret, struct err *err)
{
	*ret = target && *target == '/'
		       ? strdup(target)
		       : str_printf(OCI_SECRETS_DIR "/%s", target && *target ? target : use->name);
	if (!*ret)
		return err_nomem(err);
	if (!oci_secret_path_is_good(*ret) || streq(*ret, OCI_SECRETS_DIR))
		return err_set(err, -EINVAL, "secret %s: \"%s\" is no path of a file", use->name,
			       *ret);
	return 0;
}

static int read_use(const json_t *item, struct secret_use *ret, struct err *err)
{
	const char *target = NULL;
	int64_t uid = 0, gid = 0, mode = DEFAULT_MODE;
	int r = json_get_str(item, "Source", &ret->name, err);

	if (r == 0)
		r = secret_name_check(ret->name ? ret->name : "", err);
	if (r == 0)
		r = json_get_str(item, "Target", &target, err);
	if (r == 0)
		r = read_number(item, "UID", UINT32_MAX - 1, &uid, err);
	if (r == 0)
		r = read_number(item, "GID", UINT32_MAX - 1, &gid, err);
	if (r == 0)
		r = read_number(item, "Mode", 0777, &mode, err);
	if (r < 0)
		return r;
	ret->uid = (uid_t)uid;
	ret->gid = (gid_t)gid;
	ret->mode = (mode_t)mode;
	return read_path(ret, target, &ret->path, err);
}

static int check_paths(const struct secret_uses *u, struct err *err)
{
	for (size_t i = 0; i < u->n; i++)
		for (size_t j = 0; j < i; j++)
			if (streq(u->items[i].path, u->items[j].path))
				return err_set(
					err, -EINVAL, "secrets %s and %s are both to be at %s",
					u->items[j].name, u->items[i].name, u->items[i].path);
	return 0;
}

static int add_words(char *words, json_t *list, struct err *err)
{
	char *word;

	while ((word = strsep(&words, " "))) {
		json_t *secret;
		int r = *word ? oci_secret_parse(word, &secret, err) : 0;

		if (r < 0)
			return err_wrap(err, "label " SECRET_LABEL);
		if (*word && json_array_append_new(list, secret) < 0)
			return err_nomem(err);
	}
	return 0;
}

/* @host gets a copy of moat's own members, with the list. */
static int put_list(json_t *host, const json_t *ours, json_t *list)
{
	cleanup_json json_t *copy = ours ? json_copy((json_t *)(uintptr_t)ours) : json_object();

	if (!copy || json_object_set(copy, "Secrets", list) < 0)
		return -ENOMEM;
	return json_object_set(host, "Moat", copy) < 0 ? -ENOMEM : 0;
}

int secret_uses_from_label(const json_t *body, json_t *host, struct err *err)
{
	cleanup_json json_t *list = NULL;
	cleanup_free char *words = NULL;
	json_t *labels = NULL, *ours = NULL, *old = NULL;
	const char *text = NULL;
	int r = json_get_object(body, "Labels", &labels, err);

	if (r == 0 && labels)
		r = json_get_str(labels, SECRET_LABEL, &text, err);
	if (r < 0 || !text)
		return r;
	r = json_get_object(host, "Moat", &ours, err);
	if (r == 0 && ours)
		r = json_get_array(ours, "Secrets", &old, err);
	if (r < 0)
		return r;
	list = old ? json_copy(old) : json_array();
	words = strdup(text);
	if (!list || !words)
		return err_nomem(err);
	r = add_words(words, list, err);
	return r == 0 && put_list(host, ours, list) < 0 ? err_nomem(err) : r;
}

int secret_uses_read(const json_t *host, struct secret_uses *ret, struct err *err)
{
	struct secret_uses u = { 0 };
	json_t *ours, *list = NULL;
	int r = json_get_object(host, "Moat", &ours, err);

	if (r == 0 && ours)
		r = json_get_array(ours, "Secrets", &list, err);
	if (r < 0 || json_array_size(list) == 0)
		return r;
	if (json_array_size(list) > OCI_SECRETS_MAX)
		return err_set(err, -EINVAL, "a container has at most %u secrets", OCI_SECRETS_MAX);
	u.items = calloc(json_array_size(list), sizeof(*u.items));
	if (!u.items)
		return err_nomem(err);
	while (r == 0 && u.n < json_array_size(list)) {
		r = read_use(json_array_get(list, u.n), &u.items[u.n], err);
		u.n++;
	}
	if (r == 0)
		r = check_paths(&u, err);
	if (r < 0)
		secret_uses_reset(&u);
	else
		*ret = u;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "secret/docker-config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

/* Return: owned; NULL without a home, or when out of memory. */
static char *config_path(void)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");

	if (dir && *dir)
		return str_printf("%s/config.json", dir);
	return home && *home ? str_printf("%s/.docker/config.json", home) : NULL;
}

int docker_config_load(struct docker_config *ret, struct err *err)
{
	cleanup_free char *path = config_path();
	cleanup_json json_t *document = NULL;
	struct buf text = BUF_INIT;
	int r;

	*ret = (struct docker_config){ 0 };
	r = path ? file_read_at(AT_FDCWD, path, DOCKER_CONFIG_MAX, &text) : -ENOENT;
	if (r == 0)
		r = json_read(text.data, text.len, path, &document, err);
	else if (r != -ENOENT && r != -ENOTDIR)
		err_errno(err, r, "%s", path);
	buf_wipe(&text);
	if (r == 0 && !json_is_object(document))
		r = err_set(err, -EBADMSG, "%s is no JSON object", path);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == 0)
		ret->document = take_ptr(document);
	return r;
}

void docker_config_reset(struct docker_config *c)
{
	json_decref(c->document);
	c->document = NULL;
}

static bool is_registry(const char *address, const char *registry)
{
	cleanup_free char *name = registry_of_address(address);

	return name && streq(name, registry);
}

/* The member of an object of the document whose key is an address of the registry; borrowed. */
static json_t *find_member(const struct docker_config *c, const char *object, const char *registry)
{
	json_t *members = c->document ? json_object_get(c->document, object) : NULL, *value;
	const char *key;

	json_object_foreach (members, key, value) {
		if (is_registry(key, registry))
			return value;
	}
	return NULL;
}

const char *docker_config_store(const struct docker_config *c, const char *registry)
{
	const char *own = json_string_value(find_member(c, "credHelpers", registry));
	const char *all =
		c->document ? json_string_value(json_object_get(c->document, "credsStore")) : NULL;

	if (own && *own)
		return own;
	return all && *all ? all : NULL;
}

int docker_config_auth(const struct docker_config *c, const char *registry, struct credentials *ret,
		       struct err *err)
{
	json_t *auth = find_member(c, "auths", registry);

	return json_is_object(auth) ? credentials_read(auth, ret, err) : 0;
}

int docker_config_registries(const struct docker_config *c, char ***ret)
{
	static const char *const objects[] = { "auths", "credHelpers" };
	cleanup_strv char **list = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		json_t *members = c->document ? json_object_get(c->document, objects[i]) : NULL;
		json_t *value;
		const char *key;

		json_object_foreach (members, key, value) {
			cleanup_free char *name = registry_of_address(key);

			if (!name || (!strv_has(list, name) && strv_add(&list, name) < 0))
				return -ENOMEM;
		}
	}
	*ret = take_ptr(list);
	return 0;
}

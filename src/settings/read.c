/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/macro.h"
#include "base/str.h"
#include "settings/read-inner.h"

/*
 * Theory of operation.  One table for each kind of object says which members it can have and which
 * function reads each.  A member that is in no table is an error: a mistyped word would have no
 * effect.
 *
 * Whoever may write the file may do all that moatd's user may; the limits are against accidents.
 */

#define TRANSFERS_MAX 32
#define IDLE_MAX_SEC  31536000 /* a year */

int read_members(json_t *obj, const struct member *members, size_t n, void *to, struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(obj))
		return err_set(err, -EINVAL, "it must be an object");
	json_object_foreach (obj, name, value) {
		const struct member *m = str_find(members, n, sizeof(*members), name);
		int r;

		if (!m)
			return err_set(err, -EINVAL, "there is no setting \"%.100s\"", name);
		r = m->read(name, value, to, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int wrong_type(const char *name, const char *wanted, struct err *err)
{
	return err_set(err, -EINVAL, "\"%s\" must be %s", name, wanted);
}

int read_text(const char *name, const json_t *value, char **ret, struct err *err)
{
	const char *text = json_string_value(value);

	if (!text)
		return wrong_type(name, "a text", err);
	free(*ret);
	*ret = strdup(text);
	return *ret ? 0 : err_nomem(err);
}

int read_list(const char *name, const json_t *value, char ***ret, struct err *err)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > SETTINGS_LIST_MAX)
		return wrong_type(name, "a list of texts", err);
	json_array_foreach (value, i, one) {
		if (!json_is_string(one))
			return wrong_type(name, "a list of texts", err);
		if (strv_add(ret, json_string_value(one)) < 0)
			return err_nomem(err);
	}
	return 0;
}

static int read_transfers(const char *name, const json_t *value, uint32_t *ret, struct err *err)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > TRANSFERS_MAX)
		return err_set(err, -EINVAL, "\"%s\" must be a number from 1 to %d", name,
			       TRANSFERS_MAX);
	*ret = (uint32_t)n;
	return 0;
}

/* "https://mirror.example" or "mirror.example:5000/prefix" */
static int check_mirrors(char *const *mirrors, struct err *err)
{
	for (; mirrors && *mirrors; mirrors++) {
		const char *host = str_starts(*mirrors, "https://");

		if (!host)
			host = str_starts(*mirrors, "http://");
		if (!host)
			host = *mirrors;
		if (!*host || strpbrk(host, "?#@ \t\n") || strstr(host, "://"))
			return err_set(err, -EINVAL,
				       "\"%.200s\" is no address of a mirror: write it as "
				       "https://HOST[:PORT][/PREFIX]",
				       *mirrors);
	}
	return 0;
}

static int read_registry_scheme(const char *name, json_t *value, void *to, struct err *err)
{
	struct registry_settings *r = to;

	return json_is_string(value) ? scheme_parse(json_string_value(value), &r->scheme, err)
				     : wrong_type(name, "http, https or auto", err);
}

static int read_registry_insecure(const char *name, json_t *value, void *to, struct err *err)
{
	struct registry_settings *r = to;

	if (!json_is_boolean(value))
		return wrong_type(name, "true or false", err);
	r->insecure = json_is_true(value);
	return 0;
}

static int read_registry_mirrors(const char *name, json_t *value, void *to, struct err *err)
{
	struct registry_settings *reg = to;
	int r = read_list(name, value, &reg->mirrors, err);

	return r < 0 ? r : check_mirrors(reg->mirrors, err);
}

static int append_registry(struct settings *s, const char *name, struct registry_settings **ret,
			   struct err *err)
{
	struct registry_settings *more =
		reallocarray(s->registries, s->n_registries + 1, sizeof(*more));

	if (!more)
		return err_nomem(err);
	s->registries = more;
	more[s->n_registries] = (struct registry_settings){ .name = strdup(name) };
	if (!more[s->n_registries].name)
		return err_nomem(err);
	*ret = &more[s->n_registries++];
	return 0;
}

/* Finds the registry of this name, or adds one. */
static int add_registry(struct settings *s, const char *name, struct registry_settings **ret,
			struct err *err)
{
	for (size_t i = 0; i < s->n_registries; i++) {
		if (!streq(s->registries[i].name, name))
			continue;
		*ret = &s->registries[i];
		return 0;
	}
	return append_registry(s, name, ret, err);
}

static int read_registries(const char *name, json_t *value, void *to, struct err *err)
{
	static const struct member members[] = {
		{ "scheme", read_registry_scheme },
		{ "insecure", read_registry_insecure },
		{ "mirrors", read_registry_mirrors },
	};
	const char *key;
	json_t *one;

	if (!json_is_object(value) || json_object_size(value) > SETTINGS_LIST_MAX)
		return wrong_type(name, "an object of registries", err);
	json_object_foreach (value, key, one) {
		struct registry_settings *reg;
		int r = add_registry(to, key, &reg, err);

		if (r == 0)
			r = read_members(one, members, ARRAY_SIZE(members), reg, err);
		if (r < 0)
			return err_wrap(err, "registry %.100s", key);
	}
	return 0;
}

/* docker's member, which is about Docker Hub alone. */
static int read_hub_mirrors(const char *name, json_t *value, void *to, struct err *err)
{
	struct registry_settings *reg;
	int r = add_registry(to, "docker.io", &reg, err);

	return r < 0 ? r : read_registry_mirrors(name, value, reg, err);
}

static int read_insecure(const char *name, json_t *value, void *to, struct err *err)
{
	return read_list(name, value, &((struct settings *)to)->insecure, err);
}

static int read_certificates(const char *name, json_t *value, void *to, struct err *err)
{
	struct settings *s = to;
	int r = read_list(name, value, &s->certificate_folders, err);

	for (char **one = s->certificate_folders; r == 0 && one && *one; one++)
		if (**one != '/')
			return err_set(err, -EINVAL, "\"%s\": \"%.200s\" is no absolute path", name,
				       *one);
	return r;
}

static int read_downloads(const char *name, json_t *value, void *to, struct err *err)
{
	return read_transfers(name, value, &((struct settings *)to)->max_downloads, err);
}

static int read_uploads(const char *name, json_t *value, void *to, struct err *err)
{
	return read_transfers(name, value, &((struct settings *)to)->max_uploads, err);
}

static int read_http_proxy(const char *name, json_t *value, void *to, struct err *err)
{
	return read_text(name, value, &((struct proxy_settings *)to)->http, err);
}

static int read_https_proxy(const char *name, json_t *value, void *to, struct err *err)
{
	return read_text(name, value, &((struct proxy_settings *)to)->https, err);
}

static int read_no_proxy(const char *name, json_t *value, void *to, struct err *err)
{
	return read_text(name, value, &((struct proxy_settings *)to)->none, err);
}

static int read_proxies(const char *name, json_t *value, void *to, struct err *err)
{
	static const struct member members[] = {
		{ "http-proxy", read_http_proxy },
		{ "https-proxy", read_https_proxy },
		{ "no-proxy", read_no_proxy },
	};
	struct settings *s = to;
	int r = read_members(value, members, ARRAY_SIZE(members), &s->proxies, err);

	s->has_proxies = true;
	return r < 0 ? err_wrap(err, "%s", name) : 0;
}

static int read_truth(const char *name, const json_t *value, bool *ret, struct err *err)
{
	if (!json_is_boolean(value))
		return wrong_type(name, "true or false", err);
	*ret = json_is_true(value);
	return 0;
}

static int read_pressure(const char *name, json_t *value, void *to, struct err *err)
{
	return read_truth(name, value, &((struct settings *)to)->reclaim_pressure, err);
}

static int read_userland_proxy(const char *name, json_t *value, void *to, struct err *err)
{
	return read_truth(name, value, &((struct settings *)to)->userland_proxy, err);
}

static int read_idle(const char *name, json_t *value, void *to, struct err *err)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > IDLE_MAX_SEC)
		return wrong_type(name, "a number of seconds", err);
	((struct settings *)to)->reclaim_idle_sec = (uint32_t)json_integer_value(value);
	return 0;
}

static int read_reclaim(const char *name, json_t *value, void *to, struct err *err)
{
	static const struct member members[] = {
		{ "idle-seconds", read_idle },
		{ "pressure", read_pressure },
	};
	int r = read_members(value, members, ARRAY_SIZE(members), to, err);

	return r < 0 ? err_wrap(err, "%s", name) : 0;
}

int settings_parse(const char *text, size_t len, struct settings **ret, struct err *err)
{
	static const struct member members[] = {
		{ "registries", read_registries },
		{ "registry-mirrors", read_hub_mirrors },
		{ "insecure-registries", read_insecure },
		{ "certificate-folders", read_certificates },
		{ "max-concurrent-downloads", read_downloads },
		{ "max-concurrent-uploads", read_uploads },
		{ "proxies", read_proxies },
		{ "signatures", read_signatures },
		{ "memory-reclaim", read_reclaim },
		{ "image-limits", read_limits },
		{ "userland-proxy", read_userland_proxy },
	};
	cleanup_settings struct settings *s = settings_default();
	cleanup_json json_t *doc = NULL;
	struct err why = { 0 };
	int r;

	if (!s)
		return err_nomem(err);
	r = json_read(text, len, "settings", &doc, &why);
	if (r < 0)
		return err_set(err, r == -EBADMSG ? -EINVAL : r, "%s", why.msg);
	r = read_members(doc, members, ARRAY_SIZE(members), s, err);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "settings/read-inner.h"

/*
 * Theory of operation.  A name that no image can begin with is an error: it would demand nothing,
 * and a wish for signatures must not be lost so.
 */

static int read_keys(const char *name, json_t *value, void *to, struct err *err)
{
	struct signature_policy *p = to;
	int r = read_list(name, value, &p->keys, err);

	for (char **one = p->keys; r == 0 && one && *one; one++)
		if (**one != '/')
			return err_set(err, -EINVAL, "\"%s\": \"%.200s\" is no absolute path", name,
				       *one);
	return r;
}

static int read_identity(const char *name, json_t *value, void *to, struct err *err)
{
	return read_text(name, value, &((struct signature_policy *)to)->identity, err);
}

/* Does the text name a registry, and maybe a path?  A registry has a dot or a colon, as in an
 * image's name. */
static bool is_beginning_of_name(const char *name)
{
	size_t len = strcspn(name, "/"), last = strlen(name);

	if (len == 0 || name[last - 1] == '/' || strpbrk(name, "@?# \t\n"))
		return false;
	return (len == strlen("localhost") && str_starts(name, "localhost")) ||
	       strcspn(name, ".:") < len;
}

static bool is_pattern(const char *name)
{
	const char *domain = str_starts(name, "*");

	if (!domain)
		return is_beginning_of_name(name);
	return !*domain || (*domain == '.' && domain[1] && !strpbrk(domain, "/*@?# \t\n"));
}

static int read_policy(struct settings *s, const char *name, json_t *value, struct err *err)
{
	static const struct member members[] = {
		{ "keys", read_keys },
		{ "identity", read_identity },
	};
	struct signature_policy *p = &s->signatures[s->n_signatures];
	int r;

	if (!is_pattern(name))
		return err_set(
			err, -EINVAL,
			"\"%.200s\" is no image's name: write REGISTRY[/PATH], *.DOMAIN or *",
			name);
	*p = (struct signature_policy){ .name = strdup(name) };
	s->n_signatures++;
	if (!p->name)
		return err_nomem(err);
	r = read_members(value, members, ARRAY_SIZE(members), p, err);
	if (r == 0 && !json_object_get(value, "keys"))
		return err_set(err, -EINVAL, "\"keys\" are missing; an empty list demands nothing");
	return r;
}

int read_signatures(const char *name, json_t *value, void *to, struct err *err)
{
	struct settings *s = to;
	const char *key;
	json_t *one;

	if (!json_is_object(value) || json_object_size(value) > SETTINGS_LIST_MAX)
		return wrong_type(name, "an object of images' names", err);
	s->signatures = calloc(json_object_size(value) + 1, sizeof(*s->signatures));
	if (!s->signatures)
		return err_nomem(err);
	json_object_foreach (value, key, one) {
		int r = read_policy(s, key, one, err);

		if (r < 0)
			return err_wrap(err, "%s of %.100s", name, key);
	}
	return 0;
}

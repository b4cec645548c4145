/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-put.h"

#include <errno.h>

#include "base/str.h"

int create_put(json_t *obj, const char *key, json_t *value, struct err *err)
{
	if (value && json_object_set_new(obj, key, value) == 0)
		return 0;
	return err_set(err, -EINVAL, "option for %s: not UTF-8 text, or out of memory", key);
}

int create_put_strv(json_t *obj, const char *key, char *const *v, struct err *err)
{
	return v ? create_put(obj, key, json_from_strv(v), err) : 0;
}

int create_put_texts(const struct options *o, const struct create_text *texts, json_t *obj,
		     struct err *err)
{
	for (; texts->option; texts++) {
		const char *value = options_value(o, texts->option);
		int r = value ? create_put(obj, texts->key, json_string(value), err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int create_put_lists(const struct options *o, const struct create_text *lists, json_t *obj,
		     struct err *err)
{
	for (; lists->option; lists++) {
		cleanup_strv char **v = NULL;
		const char *value;
		size_t cursor = 0;
		int r;

		while ((value = options_next(o, lists->option, &cursor)))
			if (strv_add(&v, value) < 0)
				return err_nomem(err);
		r = create_put_strv(obj, lists->key, v, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int create_put_pairs(const struct options *o, const char *option, json_t *map, struct err *err)
{
	const char *text;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (text = options_next(o, option, &cursor))) {
		size_t len = strcspn(text, "=");
		cleanup_free char *key = strndup(text, len);

		if (!key)
			return err_nomem(err);
		if (len == 0)
			return err_set(err, -EINVAL, "invalid --%s \"%s\"; write KEY=VALUE", option,
				       text);
		r = create_put(map, key, json_string(text[len] ? text + len + 1 : ""), err);
	}
	return r;
}

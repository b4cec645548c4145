/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http/filter.h"

#include <errno.h>

#include "base/clock.h"
#include "base/moment.h"
#include "base/str.h"

#define FILTER_VALUES_MAX 1000u

void filters_reset(struct filters *f)
{
	json_decref(f->by_key);
	f->by_key = NULL;
}

static bool is_allowed(const char *const *allowed, const char *key)
{
	for (; *allowed; allowed++)
		if (streq(*allowed, key))
			return true;
	return false;
}

/* Values in either notation as an array of strings; NULL for anything else. */
static json_t *values_of(json_t *value)
{
	cleanup_json json_t *out = json_array();
	json_t *item;
	const char *key;
	size_t i;

	if (!out || (!json_is_array(value) && !json_is_object(value)))
		return NULL;
	json_array_foreach (value, i, item) {
		if (!json_is_string(item) || json_array_append(out, item) < 0)
			return NULL;
	}
	json_object_foreach (value, key, item) {
		if (!json_is_boolean(item))
			return NULL;
		if (json_is_true(item) && json_array_append_new(out, json_string(key)) < 0)
			return NULL;
	}
	return take_ptr(out);
}

static int add_values(json_t *out, const char *key, json_t *value, size_t *n, struct err *err)
{
	json_t *values = values_of(value);

	if (!values)
		return err_set(err, -EINVAL, "invalid filter '%s': must be an array of strings",
			       key);
	*n += json_array_size(values);
	if (json_array_size(values) == 0)
		json_decref(values);
	else if (json_object_set_new(out, key, values) < 0)
		return err_nomem(err);
	return *n > FILTER_VALUES_MAX ? err_set(err, -EINVAL, "invalid filter: more than %u values",
						FILTER_VALUES_MAX)
				      : 0;
}

int filters_parse(const char *text, const char *const *allowed, struct filters *ret,
		  struct err *err)
{
	cleanup_json json_t *given = NULL, *out = NULL;
	const char *key;
	json_t *value;
	size_t n = 0;
	int r;

	if (!text || !*text)
		return 0;
	r = json_read(text, strlen(text), "filters", &given, err);
	if (r < 0) {
		err_wrap(err, "invalid filter");
		return -EINVAL;
	}
	out = json_object();
	if (!out)
		return err_nomem(err);
	if (!json_is_object(given))
		return err_set(err, -EINVAL, "invalid filter: must be a JSON object");
	json_object_foreach (given, key, value) {
		if (!is_allowed(allowed, key))
			return err_set(err, -EINVAL, "invalid filter '%s'", key);
		r = add_values(out, key, value, &n, err);
		if (r < 0)
			return r;
	}
	ret->by_key = take_ptr(out);
	return 0;
}

int filters_pattern(const struct filters *f, const char *key, struct pattern **ret, struct err *err)
{
	struct pattern *p = NULL;
	size_t n = filters_count(f, key);

	if (n > 0) {
		p = pattern_new();
		if (!p)
			return err_nomem(err);
	}
	for (size_t i = 0; i < n; i++) {
		struct err too_much = { 0 };

		/* A text that is no regular expression matches nothing, as with docker. */
		if (pattern_add(p, filters_value(f, key, i), &too_much) != -E2BIG)
			continue;
		pattern_free(p);
		return err_set(err, -EINVAL, "invalid filter '%s': %s", key, too_much.msg);
	}
	*ret = p;
	return 0;
}

size_t filters_count(const struct filters *f, const char *key)
{
	return json_array_size(json_object_get(f->by_key, key));
}

const char *filters_value(const struct filters *f, const char *key, size_t i)
{
	return json_string_value(json_array_get(json_object_get(f->by_key, key), i));
}

bool filters_any(const struct filters *f, const char *key,
		 bool (*test)(const char *value, const void *arg), const void *arg)
{
	size_t n = filters_count(f, key);

	for (size_t i = 0; i < n; i++)
		if (test(filters_value(f, key, i), arg))
			return true;
	return n == 0;
}

static bool equals_value(const char *value, const void *arg)
{
	return streq(value, arg);
}

bool filters_exact(const struct filters *f, const char *key, const char *have)
{
	return filters_any(f, key, equals_value, have);
}

static bool label_holds(const char *wanted, const json_t *labels)
{
	const char *eq = strchr(wanted, '=');
	const char *have;
	json_t *value;

	if (!eq)
		return json_object_get(labels, wanted) != NULL;
	value = json_object_getn(labels, wanted, (size_t)(eq - wanted));
	have = json_string_value(value);
	return have && streq(have, eq + 1);
}

bool filters_labels(const struct filters *f, const json_t *labels)
{
	for (size_t i = 0; i < filters_count(f, "label"); i++)
		if (!label_holds(filters_value(f, "label", i), labels))
			return false;
	for (size_t i = 0; i < filters_count(f, "label!"); i++)
		if (label_holds(filters_value(f, "label!", i), labels))
			return false;
	return true;
}

int filters_until(const struct filters *f, int64_t *ret, struct err *err)
{
	cleanup_free char *when = NULL;
	const char *text = filters_value(f, "until", 0);
	int r;

	*ret = INT64_MAX;
	if (filters_count(f, "until") == 0)
		return 0;
	if (filters_count(f, "until") > 1)
		return err_set(err, -EINVAL, "more than one until filter specified");
	r = moment_parse(text, clock_now_nsec(), &when, err);
	if (r == 0 && clock_parse(when, ret) < 0)
		r = err_set(err, -EINVAL, "invalid until filter: %s", text);
	return r;
}

bool filters_true(const char *value)
{
	return !streq(value, "false") && !streq(value, "0") && !streq(value, "False") &&
	       !streq(value, "f");
}

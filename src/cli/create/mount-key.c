/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A table says for each key where in the Mount object it goes and what its
 * value is.  Keys are written in any case, as in docker.
 */
#include "cli/create/mount-key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/create/create-put.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_WORD, /* in lower case */
	VALUE_FLAG,
	VALUE_PAIR, /* KEY=VALUE of a map */
	VALUE_SIZE,
	VALUE_MODE, /* octal */
	VALUE_RECURSION,
};

struct key {
	const char *name;
	const char *part, *deeper; /* the object in the mount, and the one in that; NULL: none */
	const char *member;
	enum value_kind kind;
};

static const struct key keys[] = {
	{ "type", NULL, NULL, "Type", VALUE_WORD },
	{ "source", NULL, NULL, "Source", VALUE_TEXT },
	{ "src", NULL, NULL, "Source", VALUE_TEXT },
	{ "target", NULL, NULL, "Target", VALUE_TEXT },
	{ "dst", NULL, NULL, "Target", VALUE_TEXT },
	{ "destination", NULL, NULL, "Target", VALUE_TEXT },
	{ "readonly", NULL, NULL, "ReadOnly", VALUE_FLAG },
	{ "ro", NULL, NULL, "ReadOnly", VALUE_FLAG },
	{ "consistency", NULL, NULL, "Consistency", VALUE_WORD },
	{ "bind-propagation", "BindOptions", NULL, "Propagation", VALUE_WORD },
	{ "bind-nonrecursive", "BindOptions", NULL, "NonRecursive", VALUE_FLAG },
	{ "bind-recursive", "BindOptions", NULL, NULL, VALUE_RECURSION },
	{ "bind-create-src", "BindOptions", NULL, "CreateMountpoint", VALUE_FLAG },
	{ "volume-subpath", "VolumeOptions", NULL, "Subpath", VALUE_TEXT },
	{ "volume-nocopy", "VolumeOptions", NULL, "NoCopy", VALUE_FLAG },
	{ "volume-label", "VolumeOptions", NULL, "Labels", VALUE_PAIR },
	{ "volume-driver", "VolumeOptions", "DriverConfig", "Name", VALUE_TEXT },
	{ "volume-opt", "VolumeOptions", "DriverConfig", "Options", VALUE_PAIR },
	{ "tmpfs-size", "TmpfsOptions", NULL, "SizeBytes", VALUE_SIZE },
	{ "tmpfs-mode", "TmpfsOptions", NULL, "Mode", VALUE_MODE },
};

/* A field under way. */
struct field {
	const char *text;  /* as it was written */
	char *key;	   /* in lower case */
	const char *value; /* NULL: there is none */
};

static int invalid_value(const struct field *f, struct err *err)
{
	return err_set(err, -EINVAL, "invalid value for %s: %s", f->key, f->value);
}

/* An object in another, made where it is missing. */
static json_t *member_object(json_t *obj, const char *name)
{
	json_t *member = json_object_get(obj, name);

	if (!member) {
		member = json_object();
		if (json_object_set_new(obj, name, member) < 0)
			return NULL;
	}
	return member;
}

/* As Go's strconv.ParseBool. */
static int parse_flag(const char *text, bool *ret)
{
	static const char *const words[][2] = { { "1", "0" },	     { "t", "f" },
						{ "T", "F" },	     { "true", "false" },
						{ "TRUE", "FALSE" }, { "True", "False" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		*ret = streq(words[i][0], text);
		if (*ret || streq(words[i][1], text))
			return 0;
	}
	return -EINVAL;
}

static int set_flag(json_t *obj, const struct key *k, const struct field *f, struct err *err)
{
	bool on = true;

	if (f->value && parse_flag(f->value, &on) < 0)
		return invalid_value(f, err);
	return create_put(obj, k->member, json_boolean(on), err);
}

static int set_word(json_t *obj, const struct key *k, const struct field *f, struct err *err)
{
	cleanup_free char *word = strdup(f->value);

	if (!word)
		return err_nomem(err);
	str_lower(word);
	return create_put(obj, k->member, json_string(word), err);
}

static int set_pair(json_t *obj, const struct key *k, const struct field *f, struct err *err)
{
	json_t *map = member_object(obj, k->member);
	size_t len = strcspn(f->value, "=");
	cleanup_free char *name = strndup(f->value, len);

	if (!map || !name)
		return err_nomem(err);
	return len == 0 ? 0
			: create_put(map, name,
				     json_string(f->value[len] ? f->value + len + 1 : ""), err);
}

static int set_number(json_t *obj, const struct key *k, const struct field *f, struct err *err)
{
	uint64_t n = 0;
	char *end = NULL;
	int r = 0;

	if (k->kind == VALUE_SIZE)
		r = str_to_size(f->value, &n);
	else
		n = strtoul(f->value, &end, 8);
	if (r < 0 || n > INT64_MAX || !*f->value || (end && *end))
		return invalid_value(f, err);
	return create_put(obj, k->member, json_integer((json_int_t)n), err);
}

static int set_recursion(json_t *obj, const struct field *f, struct err *err)
{
	static const struct recursion {
		const char *word, *member;
	} words[] = { { "enabled", NULL },
		      { "disabled", "NonRecursive" },
		      { "writable", "ReadOnlyNonRecursive" },
		      { "readonly", "ReadOnlyForceRecursive" } };

	const struct recursion *is = STR_FIND(words, f->value);

	if (is)
		return is->member ? create_put(obj, is->member, json_true(), err) : 0;
	return err_set(err, -EINVAL,
		       "invalid value for %s: %s (must be \"enabled\", \"disabled\", \"writable\", "
		       "or \"readonly\")",
		       f->key, f->value);
}

static int set_value(json_t *obj, const struct key *k, const struct field *f, struct err *err)
{
	switch (k->kind) {
	case VALUE_TEXT:
		return create_put(obj, k->member, json_string(f->value), err);
	case VALUE_WORD:
		return set_word(obj, k, f, err);
	case VALUE_FLAG:
		return set_flag(obj, k, f, err);
	case VALUE_PAIR:
		return set_pair(obj, k, f, err);
	case VALUE_SIZE:
	case VALUE_MODE:
		return set_number(obj, k, f, err);
	case VALUE_RECURSION:
		break;
	}
	return set_recursion(obj, f, err);
}

static int set_field(json_t *mount, const struct field *f, struct err *err)
{
	const struct key *k = STR_FIND(keys, f->key);
	json_t *obj = mount;

	if (!f->value && (!k || k->kind != VALUE_FLAG))
		return err_set(err, -EINVAL, "invalid field '%s' must be a key=value pair",
			       f->text);
	if (!k)
		return err_set(err, -EINVAL, "unexpected key '%s' in '%s'", f->key, f->text);
	if (k->part)
		obj = member_object(obj, k->part);
	if (obj && k->deeper)
		obj = member_object(obj, k->deeper);
	return obj ? set_value(obj, k, f, err) : err_nomem(err);
}

int mount_key_set(json_t *mount, const char *field, struct err *err)
{
	size_t len = strcspn(field, "=");
	cleanup_free char *key = strndup(field, len);
	const struct field f = { field, key, field[len] ? field + len + 1 : NULL };

	if (!key)
		return err_nomem(err);
	str_lower(key);
	return set_field(mount, &f, err);
}

int mount_key_check(const json_t *mount, struct err *err)
{
	const json_t *bind = json_object_get(mount, "BindOptions");
	bool forced = json_is_true(json_object_get(bind, "ReadOnlyForceRecursive"));
	bool writable = json_is_true(json_object_get(bind, "ReadOnlyNonRecursive"));
	const char *propagation = json_string_value(json_object_get(bind, "Propagation"));

	if ((forced || writable) && !json_is_true(json_object_get(mount, "ReadOnly")))
		return err_set(err, -EINVAL,
			       "option 'bind-recursive=%s' requires 'readonly' to be specified in "
			       "conjunction",
			       forced ? "readonly" : "writable");
	if (forced && (!propagation || !streq(propagation, "rprivate")))
		return err_set(err, -EINVAL,
			       "option 'bind-recursive=readonly' requires "
			       "'bind-propagation=rprivate' to be specified in conjunction");
	return 0;
}

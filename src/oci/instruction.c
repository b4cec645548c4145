/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A line is the instruction's name and its argument; each instruction has a
 * function that reads the argument its way and sets members of the configuration.
 *
 * The lines come from users who commit or import.
 */
#include "oci/instruction.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/str.h"
#include "oci/health.h"
#include "oci/port.h"
#include "oci/words.h"

struct target {
	json_t *config;
	bool has_cmd; /* has one of the lines set Cmd? */
};

typedef int (*apply_fn)(struct target *t, const char *arg, struct err *err);

static int set_member(struct target *t, const char *key, json_t *value, struct err *err)
{
	return json_object_set_new(t->config, key, value) < 0 ? err_nomem(err) : 0;
}

/* Gets a member that is an object or array, and makes it if it is missing.
 * Return: borrowed; NULL. */
static json_t *get_member(struct target *t, const char *key, bool is_array)
{
	json_t *value = json_object_get(t->config, key);

	if (value && (is_array ? json_is_array(value) : json_is_object(value)))
		return value;
	value = is_array ? json_array() : json_object();
	return json_object_set_new(t->config, key, value) < 0 ? NULL : value;
}

/* Reads the exec form (a JSON array), or else a command line for the image's shell. */
static int read_command(const struct target *t, const char *arg, json_t **ret, struct err *err)
{
	const json_t *shell = json_object_get(t->config, "Shell");
	json_t *list = words_array(arg);

	if (!list) {
		list = json_array_size(shell) > 0 ? json_deep_copy(shell)
						  : json_pack("[s, s]", "/bin/sh", "-c");
		if (!list || json_array_append_new(list, json_string(arg)) < 0) {
			json_decref(list);
			return err_nomem(err);
		}
	}
	*ret = list;
	return 0;
}

static int apply_cmd(struct target *t, const char *arg, struct err *err)
{
	json_t *list = NULL;
	int r = read_command(t, arg, &list, err);

	t->has_cmd = true;
	return r < 0 ? r : set_member(t, "Cmd", list, err);
}

static int apply_entrypoint(struct target *t, const char *arg, struct err *err)
{
	json_t *list = NULL;
	int r = read_command(t, arg, &list, err);

	if (r < 0)
		return r;
	if (!t->has_cmd)
		(void)json_object_del(t->config, "Cmd");
	return set_member(t, "Entrypoint", list, err);
}

/* Reads KEY=VALUE words, or KEY and the rest of the line. */
static int each_pair(const char *arg,
		     int (*fn)(struct target *t, const char *key, const char *value),
		     struct target *t, struct err *err)
{
	const char *at = arg;
	bool first = true;

	for (;;) {
		cleanup_free char *word = NULL;
		char *equals;
		int r = words_next(&at, &word, err);

		if (r < 0 || (!word && !first))
			return r;
		equals = word ? strchr(word, '=') : NULL;
		if (!word || equals == word)
			return err_set(err, -EINVAL, "a name is missing");
		if (!equals && first && *(at += strspn(at, " \t")))
			return fn(t, word, at) < 0 ? err_nomem(err) : 0;
		if (!equals)
			return err_set(err, -EINVAL, "%s has no value: write %s=VALUE", word, word);
		*equals = '\0';
		if (fn(t, word, equals + 1) < 0)
			return err_nomem(err);
		first = false;
	}
}

static int set_env(struct target *t, const char *key, const char *value)
{
	cleanup_free char *text = str_printf("%s=%s", key, value);
	json_t *env = get_member(t, "Env", true), *item;
	size_t len = strlen(key), i;

	if (!text || !env)
		return -ENOMEM;
	json_array_foreach (env, i, item) {
		const char *old = json_string_value(item);

		if (old && strncmp(old, text, len + 1) == 0)
			return json_array_set_new(env, i, json_string(text)) < 0 ? -ENOMEM : 0;
	}
	return json_array_append_new(env, json_string(text)) < 0 ? -ENOMEM : 0;
}

static int set_label(struct target *t, const char *key, const char *value)
{
	return json_object_set_new(get_member(t, "Labels", false), key, json_string(value));
}

static int apply_env(struct target *t, const char *arg, struct err *err)
{
	return each_pair(arg, set_env, t, err);
}

static int apply_label(struct target *t, const char *arg, struct err *err)
{
	return each_pair(arg, set_label, t, err);
}

static int add_key(struct target *t, const char *key, const char *name, struct err *err)
{
	json_t *object = get_member(t, key, false);

	return json_object_set_new(object, name, json_object()) < 0 ? err_nomem(err) : 0;
}

/* @word: PORT[-PORT][/PROTOCOL] */
static int add_ports(struct target *t, const char *word, struct err *err)
{
	struct port_spec spec;
	int r = port_spec_parse(word, &spec, err);

	if (r < 0)
		return r;
	for (uint32_t port = spec.range.first; r == 0 && port <= spec.range.last; port++) {
		char name[PORT_TEXT_MAX];

		port_key((uint16_t)port, spec.protocol, name);
		r = add_key(t, "ExposedPorts", name, err);
	}
	return r;
}

static int each_word(struct target *t, const char *arg,
		     int (*fn)(struct target *t, const char *word, struct err *err),
		     struct err *err)
{
	cleanup_json json_t *list = words_array(arg);
	const json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach (list, i, item) {
		if (r == 0)
			r = fn(t, json_string_value(item), err);
	}
	for (const char *at = arg; r == 0 && !list;) {
		cleanup_free char *word = NULL;

		r = words_next(&at, &word, err);
		if (r < 0 || !word)
			break;
		r = fn(t, word, err);
	}
	return r;
}

static int apply_expose(struct target *t, const char *arg, struct err *err)
{
	return each_word(t, arg, add_ports, err);
}

static int add_volume(struct target *t, const char *word, struct err *err)
{
	if (!*word)
		return err_set(err, -EINVAL, "a path is missing");
	return add_key(t, "Volumes", word, err);
}

static int apply_volume(struct target *t, const char *arg, struct err *err)
{
	return each_word(t, arg, add_volume, err);
}

static int apply_user(struct target *t, const char *arg, struct err *err)
{
	return set_member(t, "User", json_string(arg), err);
}

static int apply_stopsignal(struct target *t, const char *arg, struct err *err)
{
	return set_member(t, "StopSignal", json_string(arg), err);
}

static int apply_workdir(struct target *t, const char *arg, struct err *err)
{
	const char *old = json_string_value(json_object_get(t->config, "WorkingDir"));
	cleanup_free char *path = NULL;

	if (*arg == '/')
		path = strdup(arg);
	else
		path = str_printf("%s/%s", old && !streq(old, "/") ? old : "", arg);
	return path ? set_member(t, "WorkingDir", json_string(path), err) : err_nomem(err);
}

static int apply_onbuild(struct target *t, const char *arg, struct err *err)
{
	if (strncasecmp(arg, "ONBUILD", 7) == 0 || strncasecmp(arg, "FROM", 4) == 0)
		return err_set(err, -EINVAL, "this is not allowed after ONBUILD");
	return json_array_append_new(get_member(t, "OnBuild", true), json_string(arg)) < 0
		       ? err_nomem(err)
		       : 0;
}

static int apply_healthcheck(struct target *t, const char *arg, struct err *err)
{
	json_t *health = NULL;
	int r = oci_health_parse(arg, &health, err);

	return r < 0 ? r : set_member(t, "Healthcheck", health, err);
}

static const struct {
	const char *name;
	apply_fn apply;
} instructions[] = {
	{ "CMD", apply_cmd },
	{ "ENTRYPOINT", apply_entrypoint },
	{ "ENV", apply_env },
	{ "EXPOSE", apply_expose },
	{ "HEALTHCHECK", apply_healthcheck },
	{ "LABEL", apply_label },
	{ "ONBUILD", apply_onbuild },
	{ "STOPSIGNAL", apply_stopsignal },
	{ "USER", apply_user },
	{ "VOLUME", apply_volume },
	{ "WORKDIR", apply_workdir },
};

/* @line: without spaces around it */
static int apply_line(struct target *t, const char *line, struct err *err)
{
	size_t len = strcspn(line, " \t");
	const char *arg = line + len + strspn(line + len, " \t");
	apply_fn apply = NULL;
	struct err why = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++)
		if (strlen(instructions[i].name) == len &&
		    strncasecmp(instructions[i].name, line, len) == 0)
			apply = instructions[i].apply;
	if (!apply)
		return err_set(err, -EINVAL, "%.*s is not a valid change command", (int)len, line);
	if (!*arg)
		return err_set(err, -EINVAL, "%.200s: an argument is missing", line);
	r = apply(t, arg, &why);
	return r < 0 ? err_set(err, r, "%.200s: %s", line, why.msg) : 0;
}

static int apply_text(struct target *t, const char *text, struct err *err)
{
	int r = 0;

	while (r == 0 && *text) {
		size_t len = strcspn(text, "\n"), n = len;
		cleanup_free char *line = NULL;
		const char *from = text;

		text += len + (text[len] == '\n');
		while (n > 0 && isspace((unsigned char)*from)) {
			from++;
			n--;
		}
		while (n > 0 && isspace((unsigned char)from[n - 1]))
			n--;
		if (n == 0 || *from == '#')
			continue;
		line = strndup(from, n);
		r = line ? apply_line(t, line, err) : err_nomem(err);
	}
	return r;
}

int oci_instructions_apply(json_t *config, char *const *texts, struct err *err)
{
	struct target t = { .config = config };
	int r = 0;

	for (; r == 0 && texts && *texts; texts++)
		r = apply_text(&t, *texts, err);
	return r;
}

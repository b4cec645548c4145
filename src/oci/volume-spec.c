/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The text is a user's, and is split at its colons as docker does it: two
 * parts are source and target, unless the second reads as options; those need both before them.  Of
 * each kind of option there may be one.  Options for sharing with others on the host, and for
 * SELinux labels, are accepted; they mean nothing in a machine of its own.
 */
#include "oci/volume-spec.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

#define PARTS_MAX 4u

enum option_kind {
	OPTION_ACCESS,
	OPTION_LABEL,
	OPTION_PROPAGATION,
	OPTION_COPY,
	OPTION_CONSISTENCY,
	OPTION_KINDS,
};

static const struct {
	const char *name;
	enum option_kind kind;
} known_options[] = {
	{ "ro", OPTION_ACCESS },
	{ "rw", OPTION_ACCESS },
	{ "z", OPTION_LABEL },
	{ "Z", OPTION_LABEL },
	{ "private", OPTION_PROPAGATION },
	{ "rprivate", OPTION_PROPAGATION },
	{ "slave", OPTION_PROPAGATION },
	{ "rslave", OPTION_PROPAGATION },
	{ "shared", OPTION_PROPAGATION },
	{ "rshared", OPTION_PROPAGATION },
	{ "nocopy", OPTION_COPY },
	{ "consistent", OPTION_CONSISTENCY },
	{ "cached", OPTION_CONSISTENCY },
	{ "delegated", OPTION_CONSISTENCY },
};

/* @kind: OPTION_KINDS for any; @len: of @word.  Return: static; NULL when the word is no option. */
static const char *find_option(const char *word, size_t len, enum option_kind kind,
			       enum option_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++) {
		const char *name = known_options[i].name;

		if (strlen(name) != len || strncmp(name, word, len) != 0 ||
		    (kind != OPTION_KINDS && known_options[i].kind != kind))
			continue;
		*ret = known_options[i].kind;
		return name;
	}
	return NULL;
}

const char *volume_propagation(const char *word)
{
	enum option_kind kind;

	return find_option(word, strlen(word), OPTION_PROPAGATION, &kind);
}

static void apply_option(const char *name, enum option_kind kind, struct volume_spec *v)
{
	v->read_only |= kind == OPTION_ACCESS && streq(name, "ro");
	v->no_copy |= kind == OPTION_COPY;
	if (kind == OPTION_PROPAGATION)
		v->propagation = name;
}

/* Do the text's parts read as options, at most one of a kind?  Then @v has them; else those read so
 * far. */
static bool read_mode(const char *text, struct volume_spec *v)
{
	bool seen[OPTION_KINDS] = { false };

	while (*text) {
		size_t len = strcspn(text, ",");
		enum option_kind kind;
		const char *name = find_option(text, len, OPTION_KINDS, &kind);

		if (!name || seen[kind] || (text[len] == ',' && text[len + 1] == '\0'))
			return false;
		seen[kind] = true;
		apply_option(name, kind, v);
		text += text[len] == ',' ? len + 1 : len;
	}
	return true;
}

/* Cuts @text up.  @parts: point into it.  Return: how many; PARTS_MAX for too many. */
static size_t split_parts(char *text, char *parts[PARTS_MAX])
{
	size_t n = 0;

	while (n < PARTS_MAX && (parts[n] = strsep(&text, ":")))
		n++;
	return n;
}

/* Options need a source and a target: "/data:ro" is a mistake. */
static bool is_mode(const char *text)
{
	struct volume_spec scratch = { 0 };

	return read_mode(text, &scratch);
}

static int invalid_spec(const char *text, struct err *err)
{
	return err_set(err, -EINVAL, "invalid volume specification: '%s'", text);
}

int volume_spec_parse(const char *text, struct volume_spec *ret, struct err *err)
{
	cleanup(volume_spec_reset) struct volume_spec v = { .propagation = "" };
	cleanup_free char *copy = strdup(text);
	char *parts[PARTS_MAX];
	size_t n;

	if (!copy)
		return err_nomem(err);
	n = split_parts(copy, parts);
	if (n == PARTS_MAX || !*parts[0] || (n == 2 && is_mode(parts[1])))
		return invalid_spec(text, err);
	if (n == 3 && !read_mode(parts[2], &v))
		return err_set(err, -EINVAL, "invalid mode: %s", parts[2]);
	v.source = strdup(n > 1 ? parts[0] : "");
	v.target = strdup(n > 1 ? parts[1] : parts[0]);
	v.mode = strdup(n > 2 ? parts[2] : "");
	if (!v.source || !v.target || !v.mode)
		return err_nomem(err);
	*ret = take_struct(v);
	return 0;
}

void volume_spec_reset(struct volume_spec *v)
{
	free(v->source);
	free(v->target);
	free(v->mode);
	*v = (struct volume_spec){ 0 };
}

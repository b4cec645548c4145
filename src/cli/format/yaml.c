/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/str.h"

static int write_value(struct buf *out, const json_t *v, unsigned indent, bool inlined);

/* May the text go unquoted?  It must consist of letters, and signs that mean nothing inside a word,
 * and be no word that YAML takes for a boolean. */
static bool is_plain(const char *s)
{
	static const char *const reserved[] = { "true", "false", "null", "yes", "no",
						"on",	"off",	 "y",	 "n" };

	if (!isalpha((unsigned char)*s) && *s != '/')
		return false;
	for (const char *p = s; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_-./+", *p))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strcasecmp(s, reserved[i]) == 0)
			return false;
	return true;
}

static int write_string(struct buf *out, const json_t *v)
{
	cleanup_free char *quoted = NULL;

	if (json_string_length(v) == strlen(json_string_value(v)) && is_plain(json_string_value(v)))
		return buf_adds(out, json_string_value(v));
	/* A quoted string of JSON is valid in YAML. */
	quoted = json_dumps(v, JSON_ENCODE_ANY);
	return quoted ? buf_adds(out, quoted) : -ENOMEM;
}

static int write_scalar(struct buf *out, const json_t *v)
{
	cleanup_free char *text = NULL;

	if (json_is_string(v))
		return write_string(out, v);
	text = json_dumps(v, JSON_ENCODE_ANY);
	return text ? buf_adds(out, text) : -ENOMEM;
}

static int write_object(struct buf *out, const json_t *v, unsigned indent, bool inlined)
{
	const char *key;
	json_t *item;
	int r = 0;

	json_object_foreach ((json_t *)(uintptr_t)v, key, item) {
		cleanup_json json_t *name = json_string(key);

		if (r == 0 && !inlined)
			r = buf_addf(out, "%*s", (int)indent, "");
		inlined = false;
		if (r == 0)
			r = name ? write_string(out, name) : -ENOMEM;
		if (r == 0)
			r = buf_adds(out, ":");
		if (r == 0)
			r = write_value(out, item, indent + 2, false);
	}
	return r;
}

static int write_array(struct buf *out, const json_t *v, unsigned indent)
{
	const json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach (v, i, item) {
		if (r == 0)
			r = buf_addf(out, "%*s-", (int)indent, "");
		if (r == 0)
			r = write_value(out, item, indent + 2, true);
	}
	return r;
}

/* Writes the value behind "key:" or "-", up to the end of the line.  @inlined: an object may begin
 * there. */
static int write_value(struct buf *out, const json_t *v, unsigned indent, bool inlined)
{
	bool object = json_is_object(v) && json_object_size(v) > 0;
	bool array = json_is_array(v) && json_array_size(v) > 0;
	int r = buf_adds(out, array || (object && !inlined) ? "\n" : " ");

	if (r == 0 && object)
		return write_object(out, v, indent, inlined);
	if (r == 0 && array)
		return write_array(out, v, indent);
	if (r == 0)
		r = write_scalar(out, v);
	return r < 0 ? r : buf_adds(out, "\n");
}

int yaml_write(struct buf *out, const json_t *value)
{
	int r;

	if (json_is_object(value) && json_object_size(value) > 0)
		return write_object(out, value, 0, false);
	if (json_is_array(value) && json_array_size(value) > 0)
		return write_array(out, value, 0);
	r = write_scalar(out, value);
	return r < 0 ? r : buf_adds(out, "\n");
}

int yaml_write_item(struct buf *out, const json_t *value)
{
	int r = buf_adds(out, "-");

	return r < 0 ? r : write_value(out, value, 2, true);
}

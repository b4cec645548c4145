/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/secret-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define MODE_MAX 0777

static int bad_part(const char *text, const char *part, struct err *err)
{
	return err_set(err, -EINVAL,
		       "invalid secret \"%s\": \"%s\"; write NAME[,target=PATH][,uid=N][,gid=N]"
		       "[,mode=OCTAL]",
		       text, part);
}

static int put_number(json_t *secret, const char *key, const char *value, int base)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, base);
	if (*value < '0' || *value > '9' || *end || errno || n >= UINT32_MAX ||
	    (base == 8 && n > MODE_MAX))
		return -EINVAL;
	return json_object_set_new(secret, key, json_integer((json_int_t)n)) < 0 ? -ENOMEM : 0;
}

/* Adds a KEY=VALUE of the text.  Return: 0; -EINVAL; -ENOMEM. */
static int put_part(json_t *secret, const char *key, const char *value)
{
	if (streq(key, "source") || streq(key, "src") || streq(key, "id"))
		return json_object_set_new(secret, "Source", json_string(value));
	if (streq(key, "target") || streq(key, "dst") || streq(key, "destination"))
		return json_object_set_new(secret, "Target", json_string(value));
	if (streq(key, "uid"))
		return put_number(secret, "UID", value, 10);
	if (streq(key, "gid"))
		return put_number(secret, "GID", value, 10);
	if (streq(key, "mode"))
		return put_number(secret, "Mode", value, 8);
	return -EINVAL;
}

int oci_secret_parse(const char *text, json_t **ret, struct err *err)
{
	cleanup_json json_t *secret = json_object();
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *part;

	if (!secret || !copy)
		return err_nomem(err);
	while ((part = strsep(&rest, ","))) {
		char *value = strchr(part, '=');
		int r;

		if (value)
			*value++ = '\0';
		/* At the beginning, a name may stand alone. */
		if (!value && part == copy)
			r = json_object_set_new(secret, "Source", json_string(part));
		else
			r = value ? put_part(secret, part, value) : -EINVAL;
		if (value)
			value[-1] = '=';
		if (r < 0)
			return bad_part(text, part, err);
	}
	if (!json_object_get(secret, "Source"))
		return bad_part(text, "", err);
	*ret = take_ptr(secret);
	return 0;
}

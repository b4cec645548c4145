/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/challenge.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/*
 * Theory of operation: SCHEME name=value, name="value", …  Only printable ASCII is accepted, so
 * nothing read here can end a header line.  A hostile registry writes the value.
 */

#define TOKEN_MAX (16u << 10)

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool token_valid(const char *token)
{
	size_t n = strlen(token);

	return n > 0 && n <= TOKEN_MAX && strspn(token, ALNUM "-._~+/=") == n;
}

/* A parameter's value, quoted or not, into @ret (NULL: dropped).  Return: what follows; NULL when
 * malformed or too long. */
static const char *read_value(const char *s, char *ret, size_t size)
{
	bool quoted = *s == '"';
	size_t n = 0;

	for (s += quoted; *s && (quoted ? *s != '"' : *s != ',' && *s != ' '); s++) {
		if (quoted && *s == '\\' && s[1])
			s++;
		if (*s < ' ' || *s > '~' || (ret && n + 1 >= size))
			return NULL;
		if (ret)
			ret[n++] = *s;
	}
	if (ret)
		ret[n] = '\0';
	if (!quoted)
		return s;
	return *s == '"' ? s + 1 : NULL;
}

static bool is_name(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(s, name, len) == 0;
}

static int read_parameters(const char *s, struct challenge *c)
{
	for (;;) {
		char *into = NULL;
		size_t len, size = 0;

		s += strspn(s, " ,\t");
		len = strspn(s, ALNUM "-_");
		if (*s == '\0' || s[len] != '=' || len == 0)
			return *s == '\0' || s[len] == ' ' ? 0 : -EBADMSG;
		if (is_name(s, len, "realm")) {
			into = c->realm;
			size = sizeof(c->realm);
		} else if (is_name(s, len, "service")) {
			into = c->service;
			size = sizeof(c->service);
		}
		s = read_value(s + len + 1, into, size);
		if (!s)
			return -EBADMSG;
	}
}

int challenge_parse(const char *value, struct challenge *ret)
{
	struct challenge c = { 0 };
	size_t len = strcspn(value, " ");
	int r;

	if (is_name(value, len, "bearer"))
		c.bearer = true;
	else if (!is_name(value, len, "basic"))
		return -EBADMSG;
	r = read_parameters(value + len, &c);
	if (r < 0)
		return r;
	if (c.bearer && !*c.realm)
		return -EBADMSG;
	*ret = c;
	return 0;
}

bool challenge_choose(char *const *values, struct challenge *ret)
{
	struct challenge c;
	bool found = false;

	for (; values && *values; values++) {
		if (challenge_parse(*values, &c) < 0 || (found && !c.bearer))
			continue;
		*ret = c;
		found = true;
		if (c.bearer)
			break;
	}
	return found;
}

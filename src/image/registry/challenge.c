/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/challenge.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/*
 * Theory of operation: a value is a row of challenges, each SCHEME name=value, name="value", …; a
 * word that is followed by no "=" begins the next one.  There may be blanks on both sides of the
 * "=", and of the commas.  Only printable ASCII is accepted, so nothing read here can end a header
 * line.  A hostile registry writes the value.
 */

#define TOKEN_MAX (16u << 10)

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define BLANK " \t"

bool token_valid(const char *token)
{
	size_t n = strlen(token);

	return n > 0 && n <= TOKEN_MAX && strspn(token, ALNUM "-._~+/=") == n;
}

/* Reads a parameter's value, quoted or not, into @ret (NULL: dropped).  Return: what follows; NULL
 * when malformed or too long. */
static const char *read_value(const char *s, char *ret, size_t size)
{
	bool quoted = *s == '"';
	size_t n = 0;

	for (s += quoted; *s && (quoted ? *s != '"' : !strchr(", \t", *s)); s++) {
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

/* Reads a parameter's value.  Return: what follows it; NULL when malformed. */
static const char *read_parameter(const char *name, size_t len, const char *value,
				  struct challenge *c)
{
	if (is_name(name, len, "realm"))
		return read_value(value, c->realm, sizeof(c->realm));
	if (is_name(name, len, "service"))
		return read_value(value, c->service, sizeof(c->service));
	return read_value(value, NULL, 0);
}

/* Reads parameters up to the end of the value, or the word that begins the next challenge. */
static int read_parameters(const char **at, struct challenge *c)
{
	const char *s = *at;

	for (;;) {
		const char *name = s + strspn(s, BLANK ",");
		size_t len = strspn(name, ALNUM "-_");
		const char *equals = name + len + strspn(name + len, BLANK);

		*at = name;
		if (*name == '\0' || (len > 0 && *equals != '='))
			return 0;
		if (len == 0)
			return -EBADMSG;
		s = read_parameter(name, len, equals + 1 + strspn(equals + 1, BLANK), c);
		if (!s)
			return -EBADMSG;
	}
}

int challenge_next(const char **at, struct challenge *ret)
{
	const char *scheme = *at + strspn(*at, BLANK ",");
	size_t len = strspn(scheme, ALNUM "-_");
	struct challenge c = { .kind = CHALLENGE_OTHER };
	int r;

	if (*scheme == '\0')
		return 0;
	if (len == 0)
		return -EBADMSG;
	if (is_name(scheme, len, "bearer"))
		c.kind = CHALLENGE_BEARER;
	else if (is_name(scheme, len, "basic"))
		c.kind = CHALLENGE_BASIC;
	*at = scheme + len;
	r = read_parameters(at, &c);
	if (r < 0)
		return r;
	if (c.kind == CHALLENGE_BEARER && !*c.realm)
		return -EBADMSG;
	*ret = c;
	return 1;
}

bool challenge_choose(char *const *values, struct challenge *ret)
{
	bool found = false;

	for (; values && *values; values++) {
		const char *at = *values;
		struct challenge c;

		while (challenge_next(&at, &c) > 0) {
			if (c.kind == CHALLENGE_OTHER || (found && c.kind != CHALLENGE_BEARER))
				continue;
			*ret = c;
			found = true;
			if (c.kind == CHALLENGE_BEARER)
				return true;
		}
	}
	return found;
}

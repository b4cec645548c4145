/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http/route.h"

#include <errno.h>

#include "base/str.h"

int route_version(const char *path, unsigned *ret_minor, const char **ret_rest, struct err *err)
{
	const char *p = str_starts(path, "/v1."), *digits = p;
	unsigned minor = 0;

	for (; p && *p >= '0' && *p <= '9'; p++)
		minor = minor < 10000 ? minor * 10 + (unsigned)(*p - '0') : minor;
	if (!p || p == digits || (*p != '/' && *p != '\0')) {
		*ret_minor = API_MINOR_MAX;
		*ret_rest = path;
		return 0;
	}
	if (minor > API_MINOR_MAX)
		return err_set(err, -EINVAL,
			       "client version 1.%u is too new. Maximum supported API version is "
			       "1.%u",
			       minor, API_MINOR_MAX);
	if (minor < API_MINOR_MIN)
		return err_set(err, -EINVAL,
			       "client version 1.%u is too old. Minimum supported API version is "
			       "1.%u, please upgrade your client to a newer version",
			       minor, API_MINOR_MIN);
	*ret_minor = minor;
	*ret_rest = p;
	return 0;
}

bool route_match(const char *pattern, const char *path, const char **ret_target, size_t *ret_len)
{
	const char *hole = strchr(pattern, '{'), *tail;
	size_t head = hole ? (size_t)(hole - pattern) : strlen(pattern), len = strlen(path), rest;

	if (strncmp(pattern, path, head) != 0)
		return false;
	*ret_target = NULL;
	*ret_len = 0;
	if (!hole)
		return len == head;
	tail = strchr(hole, '}') + 1;
	rest = strlen(tail);
	if (len <= head + rest || !streq(path + len - rest, tail))
		return false;
	if (hole[1] != '*' && memchr(path + head, '/', len - head - rest))
		return false;
	*ret_target = path + head;
	*ret_len = len - head - rest;
	return true;
}

const struct route *route_find(const struct route *table, const char *method, const char *path,
			       const char **ret_target, size_t *ret_len)
{
	for (const struct route *r = table; r->method; r++)
		if (streq(r->method, method) && route_match(r->pattern, path, ret_target, ret_len))
			return r;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

const char *str_starts(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && streq(s + n - m, suffix);
}

const void *str_find(const void *table, size_t n, size_t size, const char *text)
{
	for (const char *at = table; text && n > 0; at += size, n--) {
		const char *entry;

		memcpy(&entry, at, sizeof(entry));
		if (entry && streq(entry, text))
			return at;
	}
	return NULL;
}

char *str_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

int str_to_u64(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int str_to_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = str_to_u64(s, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

int str_to_range(const char *s, uint32_t *ret_first, uint32_t *ret_last)
{
	char first[16];
	size_t len = strcspn(s, "-");
	uint32_t low, high;
	int r;

	if (len >= sizeof(first))
		return -ERANGE;
	memcpy(first, s, len);
	first[len] = '\0';
	r = str_to_u32(first, &low);
	if (r < 0)
		return r;
	r = str_to_u32(s[len] ? s + len + 1 : first, &high);
	if (r < 0)
		return r;
	if (high < low)
		return -EINVAL;
	*ret_first = low;
	*ret_last = high;
	return 0;
}

static int size_unit(const char *s, uint64_t *ret_scale)
{
	static const char units[] = "kmgtp";
	unsigned shift = 0;

	if (*s) {
		const char *u = strchr(units, tolower((unsigned char)*s));

		if (u && *u) {
			shift = 10 * (unsigned)(u - units + 1);
			s++;
		}
	}
	if (*s && strcasecmp(s, "b") != 0 && (shift == 0 || strcasecmp(s, "ib") != 0))
		return -EINVAL;
	*ret_scale = 1ULL << shift;
	return 0;
}

int str_to_size(const char *s, uint64_t *ret_bytes)
{
	size_t digits = strspn(s, "0123456789.");
	char number[32];
	uint64_t scale, whole;
	double value;
	char *end;
	int r;

	if (digits == 0 || digits >= sizeof(number))
		return -EINVAL;
	memcpy(number, s, digits);
	number[digits] = '\0';
	r = size_unit(s + digits, &scale);
	if (r < 0)
		return r;
	if (str_to_u64(number, &whole) == 0) {
		if (__builtin_mul_overflow(whole, scale, ret_bytes))
			return -ERANGE;
		return 0;
	}
	value = strtod(number, &end) * (double)scale;
	if (*end)
		return -EINVAL;
	if (value >= 0x1p63)
		return -ERANGE;
	*ret_bytes = (uint64_t)value;
	return 0;
}

int str_set(char **at, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

void str_lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

void strv_free(char **v)
{
	if (!v)
		return;
	for (char **s = v; *s; s++)
		free(*s);
	free(v);
}

size_t strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static int strv_take(char ***v, char *s)
{
	size_t n = strv_len(*v);
	char **grown;

	if (!s)
		return -ENOMEM;
	grown = realloc(*v, (n + 2) * sizeof(*grown));
	if (!grown) {
		free(s);
		return -ENOMEM;
	}
	grown[n] = s;
	grown[n + 1] = NULL;
	*v = grown;
	return 0;
}

int strv_add(char ***v, const char *s)
{
	return strv_take(v, strdup(s));
}

int strv_addf(char ***v, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return strv_take(v, n < 0 ? NULL : s);
}

int strv_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool strv_has(char *const *v, const char *s)
{
	for (; v && *v; v++)
		if (streq(*v, s))
			return true;
	return false;
}

void strv_remove(char **v, const char *s)
{
	char **to = v;

	if (!v)
		return;
	for (; *v; v++) {
		if (streq(*v, s))
			free(*v);
		else
			*to++ = *v;
	}
	*to = NULL;
}

int strv_copy(char *const *v, char ***ret)
{
	size_t n = strv_len(v);
	char **copy = calloc(n + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		copy[i] = strdup(v[i]);
		if (!copy[i]) {
			strv_free(copy);
			return -ENOMEM;
		}
	}
	*ret = copy;
	return 0;
}

static char **env_find(char *const *env, const char *key, size_t key_len)
{
	for (; env && *env; env++)
		if (strncmp(*env, key, key_len) == 0 && (*env)[key_len] == '=')
			return (char **)(uintptr_t)env;
	return NULL;
}

int env_set(char ***env, const char *assignment)
{
	char **slot = env_find(*env, assignment, strcspn(assignment, "="));

	return slot ? str_set(slot, assignment) : strv_add(env, assignment);
}

const char *env_get(char *const *env, const char *key)
{
	size_t n = strlen(key);
	char **slot = env_find(env, key, n);

	return slot ? *slot + n + 1 : NULL;
}

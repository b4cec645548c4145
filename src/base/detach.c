/* SPDX-License-Identifier: Apache-2.0 */
#include "base/detach.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"

static int invalid_keys(const char *text, struct err *err)
{
	return err_set(
		err, -EINVAL,
		"invalid detach keys \"%s\"; write letters, or ctrl- and one of a-z @ [ \\ ] "
		"^ _, with commas between",
		text);
}

/* "ctrl-x" as the byte a terminal sends.  Return: -1 when it is no such key. */
static int control_key(char c)
{
	c = (char)toupper((unsigned char)c);
	return c >= '@' && c <= '_' ? c - '@' : -1;
}

int detach_keys_parse(const char *text, struct detach_keys *ret, struct err *err)
{
	struct detach_keys k = { .n = 0 };
	const char *at = text && *text ? text : "ctrl-p,ctrl-q", *end;

	for (;; at = end + 1) {
		int key;

		/* A comma can be a key itself. */
		end = at + strcspn(at + (*at != '\0'), ",") + (*at != '\0');
		if (end - at == 1)
			key = (unsigned char)*at;
		else if (end - at == 6 && strncmp(at, "ctrl-", 5) == 0)
			key = control_key(at[5]);
		else
			key = -1;
		if (key < 0 || k.n == ARRAY_SIZE(k.keys))
			return invalid_keys(text, err);
		k.keys[k.n++] = (char)key;
		if (!*end)
			break;
	}
	*ret = k;
	return 0;
}

/* Where @c does not continue the sequence: with how many of its keys the held ones and @c end. */
static size_t fall_back(const struct detach_keys *k, char c)
{
	char typed[DETACH_KEYS_MAX + 1];
	size_t n = k->held + 1;

	memcpy(typed, k->keys, k->held);
	typed[k->held] = c;
	for (size_t skip = 1; skip < n; skip++)
		if (memcmp(typed + skip, k->keys, n - skip) == 0)
			return n - skip;
	return 0;
}

size_t detach_keys_filter(struct detach_keys *k, char *data, size_t len, bool *ret_found)
{
	const char *in = data + DETACH_KEYS_MAX;
	size_t out = 0;

	*ret_found = false;
	for (size_t i = 0; i < len; i++) {
		char c = in[i];
		size_t before = k->held, pass;

		if (c == k->keys[before]) {
			if (++k->held < k->n)
				continue;
			*ret_found = true;
			k->held = 0;
			return out;
		}
		k->held = fall_back(k, c);
		pass = before + 1 - k->held;
		/* The bytes to pass on begin with keys that were held, and may end with @c. */
		for (size_t n = 0; n < pass; n++)
			data[out++] = n < before ? k->keys[n] : c;
	}
	return out;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text: nothing here asks the file system. */
#include "base/path-text.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

bool path_is_dot(const char *path)
{
	return streq(path, ".") || str_ends(path, "/.");
}

/* Length without slashes at the end, though "/" keeps its one. */
static size_t trimmed(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

/* Where the last part begins. */
static size_t last_part(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len;
}

char *path_dir(const char *path)
{
	size_t at = last_part(path, trimmed(path));

	while (at > 1 && path[at - 1] == '/')
		at--;
	return at == 0 ? strdup(".") : strndup(path, at);
}

char *path_base(const char *path)
{
	size_t len = trimmed(path), at = last_part(path, len);

	return at == len ? strdup("/") : strndup(path + at, len - at);
}

void path_drop_last(struct buf *b)
{
	while (b->len > 0 && b->data[--b->len] != '/')
		;
	if (b->data)
		b->data[b->len] = '\0';
}

char *path_clean(const char *path)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const char *at = path;
	int r = buf_adds(&b, "");

	while (r == 0 && *at) {
		size_t len = strcspn(at, "/");

		if (len == 2 && memcmp(at, "..", 2) == 0)
			path_drop_last(&b);
		else if (len > 0 && !(len == 1 && *at == '.'))
			r = buf_adds(&b, "/") < 0 ? -ENOMEM : buf_add(&b, at, len);
		at += len;
		at += strspn(at, "/");
	}
	if (r == 0 && (b.len == 0 || str_ends(path, "/") || path_is_dot(path)))
		r = buf_adds(&b, "/");
	if (r == 0 && path_is_dot(path))
		r = buf_adds(&b, ".");
	return r == 0 ? buf_take(&b) : NULL;
}

char *path_plain(const char *path)
{
	char *clean = path_clean(path);
	size_t len = clean ? strlen(clean) : 0;

	if (len > 2 && path_is_dot(clean))
		len -= 2;
	else if (len > 1 && (clean[len - 1] == '/' || path_is_dot(clean)))
		len--;
	if (clean)
		clean[len] = '\0';
	return clean;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A line of modules.dep is "PATH: PATH PATH…": a module and all it needs.
 * Wanted modules are looked up by name and added after what they need, each once, by
 * following those lines downwards.  The files come with a kernel an administrator chose.
 */
#include "kernel/modules.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define DEPTH_MAX 32

/* Dashes and underscores are the same in names of modules. */
static char fold_dash(char c)
{
	return c == '-' ? '_' : c;
}

/* Is @path, @len bytes, the file of module @name? */
static bool is_module(const char *path, size_t len, const char *name)
{
	const char *slash = memrchr(path, '/', len);
	const char *base = slash ? slash + 1 : path;
	size_t left = len - (size_t)(base - path);

	while (left > 0 && *name && fold_dash(*base) == fold_dash(*name)) {
		base++;
		name++;
		left--;
	}
	return *name == '\0' && left >= 3 && memcmp(base, ".ko", 3) == 0 &&
	       (left == 3 || base[3] == '.');
}

static const char *next_line(const char *text)
{
	text += strcspn(text, "\n");
	return *text ? text + 1 : text;
}

/* The line that begins with the path of module @name. */
static const char *find_module(const char *text, const char *name)
{
	for (; *text; text = next_line(text))
		if (is_module(text, strcspn(text, ":\n"), name))
			return text;
	return NULL;
}

/* The line that begins with @path, @len bytes. */
static const char *find_path(const char *text, const char *path, size_t len)
{
	for (; *text; text = next_line(text))
		if (strcspn(text, ":\n") == len && memcmp(text, path, len) == 0)
			return text;
	return NULL;
}

static int add_line(const char *dep, const char *line, unsigned depth, char ***v);

/* Every path after the colon, the last one first: depmod(8) puts the deepest at the end. */
static int add_needed(const char *dep, const char *line, unsigned depth, char ***v)
{
	const char *begin = line + strcspn(line, ":\n");
	const char *end = begin + strcspn(begin, "\n");

	if (*begin == ':')
		begin++;
	while (end > begin) {
		const char *path = end;
		const char *needed;
		int r = 0;

		while (path > begin && path[-1] != ' ')
			path--;
		if (path < end) {
			needed = find_path(dep, path, (size_t)(end - path));
			r = needed ? add_line(dep, needed, depth + 1, v) : -ENOENT;
		}
		if (r < 0)
			return r;
		end = path > begin ? path - 1 : begin;
	}
	return 0;
}

static int add_line(const char *dep, const char *line, unsigned depth, char ***v)
{
	cleanup_free char *path = strndup(line, strcspn(line, ":\n"));
	int r;

	if (!path)
		return -ENOMEM;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	if (strv_has(*v, path))
		return 0;
	r = add_needed(dep, line, depth, v);
	return r == 0 ? strv_add(v, path) : r;
}

int modules_resolve(const char *dep, const char *builtin, const struct wanted_module *wanted,
		    char ***ret, struct err *err)
{
	cleanup_strv char **v = NULL;

	for (const struct wanted_module *w = wanted; w->name; w++) {
		const char *line = find_module(dep, w->name);
		int r;

		if (!line && (w->optional || find_module(builtin, w->name)))
			continue;
		if (!line)
			return err_set(
				err, -ENOENT,
				"kernel module %s is missing: the kernel must have it built in or "
				"as a module",
				w->name);
		r = add_line(dep, line, 0, &v);
		if (r < 0)
			return err_errno(err, r, "dependencies of kernel module %s", w->name);
	}
	*ret = take_ptr(v);
	return 0;
}

char *modules_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *end = strstr(base, ".ko");
	char *name = strndup(base, end ? (size_t)(end - base) : strlen(base));

	for (char *p = name; p && *p; p++)
		*p = fold_dash(*p);
	return name;
}

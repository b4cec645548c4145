/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/str.h"
#include "daemon/files.h"

/* Go's os.FileMode, which docker's API has. */
#define GO_DIR	       (1u << 31)
#define GO_SYMLINK     (1u << 27)
#define GO_DEVICE      (1u << 26)
#define GO_NAMED_PIPE  (1u << 25)
#define GO_SOCKET      (1u << 24)
#define GO_SETUID      (1u << 23)
#define GO_SETGID      (1u << 22)
#define GO_CHAR_DEVICE (1u << 21)
#define GO_STICKY      (1u << 20)

static void drop_last(struct buf *b)
{
	while (b->len > 0 && b->data[--b->len] != '/')
		;
	b->data[b->len] = '\0';
}

static bool is_dot(const char *path)
{
	return streq(path, ".") || str_ends(path, "/.");
}

int files_clean_path(const char *path, char **ret, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const char *at = path;
	int r;

	if (!path || !*path)
		return err_set(err, -EINVAL, "bad parameter: path cannot be empty");
	r = buf_adds(&b, "");
	while (r == 0 && *at) {
		size_t len = strcspn(at, "/");

		if (len == 2 && memcmp(at, "..", 2) == 0)
			drop_last(&b);
		else if (len > 0 && !(len == 1 && *at == '.'))
			r = buf_adds(&b, "/") < 0 ? -ENOMEM : buf_add(&b, at, len);
		at += len;
		at += strspn(at, "/");
	}
	if (r == 0 && (b.len == 0 || str_ends(path, "/") || is_dot(path)))
		r = buf_adds(&b, "/");
	if (r == 0 && is_dot(path))
		r = buf_adds(&b, ".");
	if (r < 0)
		return err_errno(err, r, "path");
	*ret = buf_take(&b);
	return *ret ? 0 : -ENOMEM;
}

static uint32_t go_mode(uint32_t mode)
{
	uint32_t go = mode & 0777;

	switch (mode & S_IFMT) {
	case S_IFDIR:
		go |= GO_DIR;
		break;
	case S_IFLNK:
		go |= GO_SYMLINK;
		break;
	case S_IFCHR:
		go |= GO_DEVICE | GO_CHAR_DEVICE;
		break;
	case S_IFBLK:
		go |= GO_DEVICE;
		break;
	case S_IFIFO:
		go |= GO_NAMED_PIPE;
		break;
	case S_IFSOCK:
		go |= GO_SOCKET;
		break;
	default:
		break;
	}
	go |= mode & S_ISUID ? GO_SETUID : 0;
	go |= mode & S_ISGID ? GO_SETGID : 0;
	go |= mode & S_ISVTX ? GO_STICKY : 0;
	return go;
}

/* The last part, as Go's filepath.Base() has it. */
static char *base_name(const char *path)
{
	size_t len = strlen(path), from;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (from = len; from > 0 && path[from - 1] != '/'; from--)
		;
	return from == len ? strdup("/") : strndup(path + from, len - from);
}

/* A name can be bytes that are no UTF-8; jansson takes none of those. */
static json_t *text_or_empty(const char *text)
{
	json_t *value = json_string(text ? text : "");

	return value ? value : json_string("");
}

char *files_stat_header(const char *path, const struct link_stat *s)
{
	cleanup_free char *name = base_name(path), *text = NULL;
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *obj = NULL;
	char mtime[CLOCK_TEXT_MAX];

	clock_format(s->mtime_nsec, mtime);
	obj = json_pack("{s:o, s:I, s:I, s:s, s:o}", "name", text_or_empty(name), "size",
			(json_int_t)s->size_bytes, "mode", (json_int_t)go_mode(s->mode), "mtime",
			mtime, "linkTarget", text_or_empty(s->target));
	text = obj ? json_write(obj) : NULL;
	if (!text || base64_encode(&b, text, strlen(text)) < 0)
		return NULL;
	return buf_take(&b);
}

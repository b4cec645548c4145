/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/files/path.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/path-text.h"
#include "base/str.h"

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

int files_clean_path(const char *path, char **ret, struct err *err)
{
	char *clean;

	if (!path || !*path)
		return err_set(err, -EINVAL, "bad parameter: path cannot be empty");
	clean = path_clean(path);
	if (!clean)
		return err_errno(err, -ENOMEM, "path");
	*ret = clean;
	return 0;
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

/* A name may be bytes that are no UTF-8, which jansson does not take. */
static json_t *text_or_empty(const char *text)
{
	json_t *value = json_string(text ? text : "");

	return value ? value : json_string("");
}

char *files_stat_header(const char *path, const struct link_stat *s)
{
	cleanup_free char *name = path_base(path), *text = NULL;
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/mutex.h"
#include "base/str.h"
#include "settings/read.h"

#define FILE_MAX_BYTES MIB(1)

/* Return: owned; NULL without a home, or out of memory. */
static char *usual_path(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME");

	if (geteuid() == 0)
		return strdup("/etc/moat/moat.json");
	if (dir && *dir == '/')
		return str_printf("%s/moat/moat.json", dir);
	dir = getenv("HOME");
	return dir && *dir == '/' ? str_printf("%s/.config/moat/moat.json", dir) : NULL;
}

static int read_file(int fd, const char *path, struct settings **ret, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = fd_read_file(fd, FILE_MAX_BYTES, &text);

	if (r < 0)
		return err_errno(err, r, "settings %s", path);
	r = settings_parse(text.data ? text.data : "", text.len, ret, err);
	return r < 0 ? err_wrap(err, "settings %s", path) : 0;
}

static bool is_same(const struct settings_file *f, const struct stat *sb)
{
	return f->current && f->was_there && f->changed.tv_sec == sb->st_mtim.tv_sec &&
	       f->changed.tv_nsec == sb->st_mtim.tv_nsec;
}

static int take_settings(struct settings_file *f, struct settings *s, struct err *err)
{
	if (!s)
		return err_nomem(err);
	settings_unref(f->current);
	f->current = s;
	return 0;
}

static int refresh_locked(struct settings_file *f, struct err *err)
{
	cleanup_close int fd = f->path ? open(f->path, O_RDONLY | O_CLOEXEC) : -1;
	struct settings *s;
	struct stat sb;
	int r;

	if (fd < 0 && f->path && errno != ENOENT && errno != ENOTDIR)
		return err_errno(err, -errno, "settings %s", f->path);
	if (fd < 0) {
		f->was_there = false;
		return take_settings(f, settings_default(), err);
	}
	if (fstat(fd, &sb) < 0)
		return err_errno(err, -errno, "settings %s", f->path);
	if (is_same(f, &sb))
		return 0;
	r = read_file(fd, f->path, &s, err);
	if (r < 0)
		return r;
	f->was_there = true;
	f->changed = sb.st_mtim;
	return take_settings(f, s, err);
}

int settings_file_open(const char *path, struct settings_file *ret, struct err *err)
{
	const char *named = path ? path : getenv("MOAT_CONFIG");
	int r;

	*ret = (struct settings_file){ .path = named && *named ? strdup(named) : usual_path() };
	pthread_mutex_init(&ret->lock, NULL);
	r = refresh_locked(ret, err);
	if (r == 0 && named && *named && !ret->was_there)
		r = err_set(err, -ENOENT, "settings %s: there is no such file", named);
	if (r < 0)
		settings_file_close(ret);
	return r;
}

void settings_file_close(struct settings_file *f)
{
	free(f->path);
	settings_unref(f->current);
	pthread_mutex_destroy(&f->lock);
	*f = (struct settings_file){ 0 };
}

int settings_file_get(struct settings_file *f, struct settings **ret, struct err *err)
{
	int r;

	mutex_hold(&f->lock);
	r = refresh_locked(f, err);
	if (r == 0)
		*ret = settings_ref(f->current);
	return r;
}

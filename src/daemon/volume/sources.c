/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The sources are opened here, so that nobody can change what a path leads to
 * between our look and the file server's.  What is in a volume is its containers', who may put
 * links anywhere.
 */
#include "daemon/volume/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/volume/disk.h"
#include "daemon/volume/fill.h"
#include "daemon/volume/folder.h"
#include "daemon/volume/volumes-inner.h"

#define SOURCE_MODE 0755 /* of a folder that is made, as docker makes it */

static void source_reset(struct volume_source *s)
{
	free(s->path);
	fd_close(&s->fd);
	*s = (struct volume_source){ .fd = -1 };
}

void volume_sources_reset(struct volume_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		source_reset(&s->list[i]);
	free(s->list);
	*s = (struct volume_sources){ 0 };
}

/* The umask must not change what containers see. */
static int make_dir(const char *path)
{
	if (mkdir(path, SOURCE_MODE) == 0)
		return chmod(path, SOURCE_MODE) < 0 ? -errno : 0;
	return errno == EEXIST ? 0 : -errno;
}

static int make_dirs(const char *path)
{
	cleanup_free char *copy = strdup(path);
	int r = copy ? 0 : -ENOMEM;

	for (char *p = copy ? strchr(copy + 1, '/') : NULL; r == 0 && p; p = strchr(p + 1, '/')) {
		*p = '\0';
		r = make_dir(copy);
		*p = '/';
	}
	return r == 0 ? make_dir(copy) : r;
}

static int open_bind(const struct mount_point *p, struct volume_source *s, struct err *err)
{
	int r;

	s->read_only = p->read_only;
	s->path = strdup(p->source);
	if (!s->path)
		return err_nomem(err);
	s->fd = open(p->source, O_PATH | O_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return err_errno(err, -errno, "%s", p->source);
	if (!p->make_source)
		return err_set(err, -EINVAL,
			       "invalid mount config for type \"bind\": bind source path does not "
			       "exist: %s",
			       p->source);
	r = make_dirs(p->source);
	if (r == 0) {
		s->fd = open(p->source, O_PATH | O_CLOEXEC);
		r = s->fd < 0 ? -errno : 0;
	}
	return r < 0 ? err_errno(err, r, "error while creating mount source path '%s'", p->source)
		     : 0;
}

/* The part of a volume that is needed to open it, copied out of the table. */
struct place {
	char *device; /* NULL: its folder is ours */
	bool sized, read_only, copying;
};

static int find_place(struct volumes *vs, const char *name, struct place *ret, struct err *err)
{
	const struct volume *v;
	int r = 0;

	mutex_hold(&vs->lock);
	v = volumes_get(vs, name);
	if (v) {
		*ret = (struct place){ .sized = v->driver.size_bytes > 0,
				       .read_only = v->driver.read_only,
				       .copying = v->row.copying };
		ret->device = v->driver.device ? strdup(v->driver.device) : NULL;
		r = v->driver.device && !ret->device ? err_nomem(err) : 0;
	} else {
		r = err_set(err, -EINVAL, "get %s: no such volume", name);
	}
	return r;
}

static int mount_disk(struct volumes *vs, const char *name, struct err *err)
{
	mutex_hold(&vs->work);
	return volume_disk_mount(vs->path, name, err);
}

/* Opens a path beneath the volume, wherever its links lead. */
static int open_below(int fd, const char *path, int *ret_fd)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int r = (int)syscall(SYS_openat2, fd, path, &how, sizeof(how));

	if (r < 0)
		return -errno;
	*ret_fd = r;
	return 0;
}

static int open_subpath(const struct mount_point *p, struct volume_source *s, struct err *err)
{
	cleanup_close int whole = take_fd(&s->fd);
	cleanup_free char *path = str_printf("%s/%s", s->path, p->subpath);
	int r = path ? open_below(whole, p->subpath, &s->fd) : -ENOMEM;

	if (r < 0)
		return err_set(err, r == -ENOMEM ? r : -EINVAL, "volume %s: its subpath \"%s\": %s",
			       p->source, p->subpath, strerror(-r));
	free(s->path);
	s->path = take_ptr(path);
	return 0;
}

/* Is the folder empty?  One that cannot be read is not. */
static bool is_empty(int path_fd)
{
	int fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		fd_close(&fd);
		return false;
	}
	while ((e = readdir(dir)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			return false;
	return true;
}

static int open_folder(struct volumes *vs, const struct mount_point *p, const struct place *at,
		       struct volume_source *s, struct err *err)
{
	int r = at->sized ? mount_disk(vs, p->source, err) : 0;

	if (r < 0)
		return r;
	s->path = at->device ? strdup(at->device)
			     : str_printf("%s/%s/" VOLUME_DATA, vs->path, p->source);
	if (!s->path)
		return err_nomem(err);
	s->fd = open(s->path, O_PATH | O_DIRECTORY | O_CLOEXEC | (at->device ? 0 : O_NOFOLLOW));
	return s->fd < 0 ? err_set(err, -EINVAL, "volume %s: its folder %s: %s", p->source, s->path,
				   strerror(errno))
			 : 0;
}

static int open_volume(struct volumes *vs, const struct mount_point *p, struct volume_source *s,
		       struct err *err)
{
	struct place at = { 0 };
	int r = find_place(vs, p->source, &at, err);

	if (r == 0)
		r = open_folder(vs, p, &at, s, err);
	free(at.device);
	if (r == 0 && *p->subpath)
		r = open_subpath(p, s, err);
	if (r < 0)
		return r;
	s->read_only = p->read_only || at.read_only;
	s->copy = !p->no_copy && !*p->subpath && (at.copying || is_empty(s->fd));
	return 0;
}

static int open_source(struct volumes *vs, const struct mount_point *p, struct volume_source *s,
		       struct err *err)
{
	if (p->type == MOUNT_TMPFS)
		return 0;
	return p->type == MOUNT_VOLUME ? open_volume(vs, p, s, err) : open_bind(p, s, err);
}

/* Does an earlier mount point fill the same volume?  docker, too, fills it only once. */
static bool is_filled_before(const struct volume_sources *s, const struct mount_points *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->list[i].copy && streq(m->list[i].source, m->list[n].source))
			return true;
	return false;
}

static int open_next(struct volumes *vs, const char *id, const struct mount_points *m,
		     struct volume_sources *s, struct err *err)
{
	const struct mount_point *p = &m->list[s->n];
	struct volume_source *one = &s->list[s->n];
	int r;

	one->fd = -1;
	r = open_source(vs, p, one, err);
	if (r < 0 || p->type != MOUNT_VOLUME)
		return r;
	if (is_filled_before(s, m, s->n))
		one->copy = false;
	else if (one->copy)
		r = volume_fill_begin(vs, p->source, err);
	else
		volume_fill_give_up(vs, id, p->source);
	return r;
}

int volume_sources_open(struct volumes *vs, const char *id, const struct mount_points *m,
			struct volume_sources *ret, struct err *err)
{
	struct volume_sources s = { .list = calloc(m->n + 1, sizeof(*s.list)) };
	int r = s.list ? volume_fill_claim(vs, id, m, err) : err_nomem(err);

	if (r == 0) {
		for (; r == 0 && s.n < m->n; s.n++)
			r = open_next(vs, id, m, &s, err);
		if (r < 0)
			volume_fill_settle(vs, id, m, false);
	}
	if (r < 0) {
		volume_sources_reset(&s);
		return r;
	}
	*ret = s;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Deeper places are mounted later, so that a mount is on top of the one it
 * lies in, whatever the order of the request.  Paths are looked up by a process that has no other
 * root than the container's, so links of the image, and of what was mounted before, end inside of
 * it.
 */
#include "guest/container/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path-text.h"
#include "base/path.h"
#include "base/str.h"
#include "guest/share/copy.h"

#define SHM_PATH "/dev/shm"

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");

		n += !(len == 1 && *path == '.');
		path += len;
	}
	return n;
}

int places_sort(const struct oci_options *o, struct place **ret, size_t *ret_n)
{
	size_t n = o->n_tmpfs + o->mounts.n, k = 0;
	struct place *places = calloc(n ? n : 1, sizeof(*places));

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_tmpfs; i++)
		places[k++] = (struct place){ .path = o->tmpfs[i].path, .tmpfs = &o->tmpfs[i] };
	for (size_t i = 0; i < o->mounts.n; i++)
		places[k++] = (struct place){ .path = o->mounts.list[i].destination,
					      .share = i,
					      .copy = o->mounts.list[i].copy };
	/* An insertion sort, which keeps the order of places of one depth. */
	for (size_t i = 1; i < n; i++) {
		struct place one = places[i];

		for (k = i; k > 0 && depth_of(places[k - 1].path) > depth_of(one.path); k--)
			places[k] = places[k - 1];
		places[k] = one;
	}
	*ret = places;
	*ret_n = n;
	return 0;
}

/* The tmpfs has the mode of the folder it hides, unless the options have another. */
static int mount_tmpfs(const struct oci_tmpfs *t)
{
	cleanup_free char *data = NULL;
	struct stat sb;
	int r;

	if (stat(t->path, &sb) == 0) {
		data = str_printf("mode=%o%s%s", sb.st_mode & 07777, *t->data ? "," : "", t->data);
	} else {
		r = path_mkdir_p(t->path, 0755);
		if (r < 0)
			return r;
		data = strdup(t->data);
	}
	if (!data)
		return -ENOMEM;
	if (streq(t->path, SHM_PATH) && umount2(SHM_PATH, MNT_DETACH) < 0)
		return -errno;
	return mount("tmpfs", t->path, "tmpfs", t->flags, data) < 0 ? -errno : 0;
}

static int make_file(const char *path)
{
	cleanup_free char *dir = path_dir(path);
	cleanup_close int fd = -1;
	int r = dir ? path_mkdir_p(dir, 0755) : -ENOMEM;

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : 0;
}

/* Makes the file or folder that a share is mounted on, where there is none. */
static int make_place(const char *path, bool is_dir, struct err *err)
{
	struct stat sb;
	int r;

	if (stat(path, &sb) == 0) {
		if (!S_ISDIR(sb.st_mode) == !is_dir)
			return 0;
		return err_set(err, -ENOTDIR,
			       "mount at %s: a folder cannot be mounted onto a file, nor a file "
			       "onto a folder",
			       path);
	}
	r = is_dir ? path_mkdir_p(path, 0755) : make_file(path);
	return r < 0 ? err_errno(err, r, "make the place of the mount at %s", path) : 0;
}

static int mount_share(const struct place *p, int fd, struct err *err)
{
	struct stat sb;
	int r;

	if (fstat(fd, &sb) < 0)
		return err_errno(err, -errno, "mount at %s", p->path);
	r = make_place(p->path, S_ISDIR(sb.st_mode), err);
	if (r == 0 && p->copy)
		r = copy_content(p->path, fd, err);
	if (r == 0 && move_mount(fd, "", AT_FDCWD, p->path,
				 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		r = err_errno(err, -errno, "mount at %s", p->path);
	return r;
}

int places_mount(const struct oci_options *o, const int *share_fds, struct err *err)
{
	cleanup_free struct place *places = NULL;
	size_t n;
	int r = places_sort(o, &places, &n);

	if (r < 0)
		return err_nomem(err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct oci_tmpfs *t = places[i].tmpfs;

		if (!t)
			r = mount_share(&places[i], share_fds[places[i].share], err);
		else if ((r = mount_tmpfs(t)) < 0)
			err_errno(err, r, "mount a tmpfs with \"%s\" at %s", t->data, t->path);
	}
	return r;
}

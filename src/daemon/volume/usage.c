/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The tree is walked by descriptors, one for each level, and no link is
 * followed.  What containers put there decides how deep it is, so there is a limit; what is below
 * that is not counted.
 */
#include "daemon/volume/usage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"

#define DEPTH_MAX 128u

struct walk {
	int64_t bytes;
	dev_t dev;
	unsigned depth;
};

static int add_entry(int dir_fd, const char *name, void *arg)
{
	struct walk *w = arg;
	cleanup_close int fd = -1;
	struct stat sb;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 || sb.st_dev != w->dev)
		return 0;
	/* A file of many names counts once, in as many parts. */
	w->bytes += (int64_t)sb.st_blocks * 512 /
		    (S_ISDIR(sb.st_mode) || sb.st_nlink == 0 ? 1 : (int64_t)sb.st_nlink);
	if (!S_ISDIR(sb.st_mode) || w->depth >= DEPTH_MAX)
		return 0;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	w->depth++;
	(void)path_each(fd, add_entry, w);
	w->depth--;
	return 0;
}

int64_t volume_usage(const struct volume_view *v)
{
	struct walk w = { 0 };
	cleanup_close int fd = -1;
	struct stat sb;

	if (json_object_get(v->options, "device"))
		return 0;
	fd = open(v->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &sb) < 0)
		return 0;
	w.dev = sb.st_dev;
	w.bytes = (int64_t)sb.st_blocks * 512;
	(void)path_each(fd, add_entry, &w);
	return w.bytes;
}

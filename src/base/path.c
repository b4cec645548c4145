/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"

int path_mkdir_p(const char *path, mode_t mode)
{
	cleanup_free char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int path_open_dir(int dir_fd, const char *name, mode_t mode, int *ret_fd)
{
	int fd;

	if (mkdirat(dir_fd, name, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int path_each(int dir_fd, path_entry_fn fn, void *arg)
{
	/* Opened anew: the folder is read from its beginning, whoever read it before. */
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!dir) {
		r = -errno;
		fd_close(&fd);
		return r;
	}
	while (r == 0 && (errno = 0, e = readdir(dir)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			r = fn(dir_fd, e->d_name, arg);
	return r == 0 && !e ? -errno : r;
}

/* A tree may be deeper than descriptors and stack allow. */
#define REMOVAL_DEPTH_MAX 100u

/* A removal under way. */
struct removal {
	int root_fd;
	unsigned depth; /* below it */
	unsigned moved; /* folders too deep that were moved to the top, to be removed there */
	int first;	/* the first error; everything else is removed all the same */
};

static int move_to_root(struct removal *w, int dir_fd, const char *name)
{
	char other[32];
	int r;

	do {
		snprintf(other, sizeof(other), "%u", w->moved++);
		r = renameat2(dir_fd, name, w->root_fd, other, RENAME_NOREPLACE) < 0 ? -errno : 0;
	} while (r == -EEXIST);
	return r;
}

static int remove_child(int dir_fd, const char *name, void *arg);

static int remove_folder(struct removal *w, int dir_fd, const char *name)
{
	cleanup_close int fd = -1;
	int r;

	if (w->depth >= REMOVAL_DEPTH_MAX)
		return move_to_root(w, dir_fd, name);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	w->depth++;
	r = path_each(fd, remove_child, w);
	w->depth--;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT && r == 0)
		r = -errno;
	return r;
}

/* Return: 0 when it is gone; 1 for a folder; -errno. */
static int remove_file(int dir_fd, const char *name)
{
	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	return errno == EISDIR || errno == EPERM ? 1 : -errno;
}

/* @arg: struct removal */
static int remove_child(int dir_fd, const char *name, void *arg)
{
	struct removal *w = arg;
	int r = remove_file(dir_fd, name);

	if (r > 0)
		r = remove_folder(w, dir_fd, name);
	if (w->first == 0)
		w->first = r;
	return 0;
}

int path_remove_tree(int dir_fd, const char *name)
{
	cleanup_close int fd = -1;
	struct removal w = { 0 };
	unsigned moved;
	int r = remove_file(dir_fd, name);

	if (r <= 0)
		return r;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	w.root_fd = fd;
	do {
		moved = w.moved;
		r = path_each(fd, remove_child, &w);
	} while (r == 0 && w.first == 0 && w.moved != moved);
	if (r == 0)
		r = w.first;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT && r == 0)
		r = -errno;
	return r;
}

#define MEASURE_DEPTH_MAX 128u

struct measurement {
	int64_t bytes;
	dev_t dev;
	unsigned depth;
	bool partly;
};

static int measure_entry(int dir_fd, const char *name, void *arg);

static void measure_below(struct measurement *m, int dir_fd, const char *name)
{
	cleanup_close int fd = -1;

	if (m->depth < MEASURE_DEPTH_MAX)
		fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	m->depth++;
	if (fd < 0 || path_each(fd, measure_entry, m) < 0)
		m->partly = true;
	m->depth--;
}

/* @arg: struct measurement */
static int measure_entry(int dir_fd, const char *name, void *arg)
{
	struct measurement *m = arg;
	struct stat sb;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0) {
		m->partly = m->partly || errno != ENOENT;
		return 0;
	}
	if (sb.st_dev != m->dev)
		return 0;
	/* A file of several names counts once: each name for a part. */
	m->bytes += (int64_t)sb.st_blocks * 512 /
		    (S_ISDIR(sb.st_mode) || sb.st_nlink == 0 ? 1 : (int64_t)sb.st_nlink);
	if (S_ISDIR(sb.st_mode))
		measure_below(m, dir_fd, name);
	return 0;
}

int path_tree_bytes(int fd, int64_t *ret)
{
	struct measurement m = { 0 };
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return -errno;
	m.dev = sb.st_dev;
	m.bytes = (int64_t)sb.st_blocks * 512;
	measure_below(&m, fd, ".");
	*ret = m.bytes;
	return m.partly ? 1 : 0;
}

char *path_self_dir(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return strdup(slash == path ? "/" : path);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/container/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"

#define CGROUP_TEXT_MAX 16384u /* of a process: a line for each hierarchy there may be */
#define PERIOD_DEFAULT	100000 /* the kernel's, in usec */

int cgroup_mount(struct err *err)
{
	static const char *const controllers[] = { "+memory", "+cpu",	 "+pids",
						   "+io",     "+cpuset", "+hugetlb" };

	if (mount("cgroup2", "/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return err_errno(err, -errno, "mount cgroup2");
	/* A controller that the kernel lacks is an error only when a limit needs it.  The last two
	 * are for containers that pass them on, as a kubelet does. */
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		file_set_at(AT_FDCWD, "/cgroup/cgroup.subtree_control", controllers[i]);
	return 0;
}

int cgroup_make(struct cgroup *ret, unsigned name, struct err *err)
{
	snprintf(ret->path, sizeof(ret->path), "/cgroup/%u", name);
	if (mkdir(ret->path, 0755) < 0)
		return err_errno(err, -errno, "make the container's cgroup");
	ret->fd = open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd < 0)
		return err_errno(err, -errno, "open the container's cgroup");
	ret->events_fd = openat(ret->fd, "memory.events", O_RDONLY | O_CLOEXEC);
	return 0;
}

int cgroup_enter(const struct cgroup *cg)
{
	return file_set_at(cg->fd, "cgroup.procs", "0");
}

int cgroup_leave(void)
{
	return file_set_at(AT_FDCWD, "/cgroup/cgroup.procs", "0");
}

/* Finds the line of cgroup v2 in a /proc/PID/cgroup: "0::/1/init".  Return: NULL where there is
 * none. */
static char *find_path(char *text)
{
	static const char head[] = "0::";

	for (char *line = text, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (strncmp(line, head, sizeof(head) - 1) == 0)
			return line + sizeof(head) - 1;
	}
	return NULL;
}

int cgroup_find(const struct cgroup *cg, pid_t pid, char *ret, size_t size)
{
	const char *own = strrchr(cg->path, '/');
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char name[32], *path;
	const char *below;
	int r;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	r = file_read_at(AT_FDCWD, name, CGROUP_TEXT_MAX, &text);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	path = buf_adds(&text, "") < 0 ? NULL : find_path(text.data);
	below = path && own ? str_starts(path, own) : NULL;
	if (!below || (*below && *below != '/'))
		return -ESRCH;
	below += strspn(below, "/");
	if ((size_t)snprintf(ret, size, "%s", *below ? below : ".") >= size)
		return -ENAMETOOLONG;
	return 0;
}

int cgroup_open_of(const struct cgroup *cg, pid_t pid, int *ret_fd)
{
	char path[PATH_MAX];
	int r = cgroup_find(cg, pid, path, sizeof(path)), fd;

	if (r < 0)
		return r;
	fd = openat(cg->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* @ret: name of the first folder in this one; "" where there is none.  Return: 0; -errno. */
static int first_child(int dir_fd, char *ret, size_t size)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		int r = -errno;

		fd_close(&fd);
		return r;
	}
	do {
		e = readdir(dir);
	} while (e && (e->d_type != DT_DIR || streq(e->d_name, ".") || streq(e->d_name, "..")));
	snprintf(ret, size, "%s", e ? e->d_name : "");
	return 0;
}

/*
 * A container may have made cgroups of any depth.  So this neither recurses nor holds a descriptor
 * for each level: it goes down as long as it can, and up by "..".
 */
static int remove_below(int top_fd)
{
	cleanup_close int fd = openat(top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	size_t depth = 0;

	while (fd >= 0) {
		int r = first_child(fd, name, sizeof(name)), next;

		if (r < 0 || (!*name && depth == 0))
			return r;
		if (*name && unlinkat(fd, name, AT_REMOVEDIR) == 0)
			continue;
		if (*name && errno != EBUSY)
			return -errno;
		next = openat(fd, *name ? name : "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		depth = *name ? depth + 1 : depth - 1;
		fd_close(&fd);
		fd = next;
	}
	return -errno;
}

int cgroup_remove(struct cgroup *cg, struct err *err)
{
	int r = cg->fd < 0 ? 0 : remove_below(cg->fd);

	fd_close(&cg->fd);
	fd_close(&cg->events_fd);
	fd_close(&cg->devices_fd);
	if (r == 0 && *cg->path && rmdir(cg->path) < 0 && errno != ENOENT)
		r = -errno;
	return r < 0 ? err_errno(err, r, "remove the container's cgroup") : 0;
}

static int set_limit(const struct cgroup *cg, const char *name, const char *value, struct err *err)
{
	int r = file_set_at(cg->fd, name, value);

	if (r == -ENOENT)
		return err_set(err, -ENOTSUP,
			       "set %s: the guest's kernel was built without this controller",
			       name);
	return r < 0 ? err_errno(err, r, "set %s to %s", name, value) : 0;
}

static int limit_memory(const struct cgroup *cg, uint64_t bytes, struct err *err)
{
	char value[32];
	int r;

	snprintf(value, sizeof(value), "%" PRIu64, bytes);
	r = set_limit(cg, "memory.max", value, err);
	if (r == 0) /* the file is missing in a kernel without swap */
		file_set_at(cg->fd, "memory.swap.max", "0");
	return r;
}

int cgroup_limit(const struct cgroup *cg, const struct link_container *c, struct err *err)
{
	uint64_t period = c->cpu_period_usec ? c->cpu_period_usec : PERIOD_DEFAULT;
	char value[64];
	int r = 0;

	if (c->memory_bytes > 0)
		r = limit_memory(cg, c->memory_bytes, err);
	if (r == 0 && c->cpu_quota_usec > 0) {
		snprintf(value, sizeof(value), "%" PRIi64 " %" PRIu64, c->cpu_quota_usec, period);
		r = set_limit(cg, "cpu.max", value, err);
	}
	if (r == 0 && c->pids_max > 0) {
		snprintf(value, sizeof(value), "%" PRIi64, c->pids_max);
		r = set_limit(cg, "pids.max", value, err);
	}
	return r;
}

int cgroup_freeze(const struct cgroup *cg, bool on)
{
	return file_set_at(cg->fd, "cgroup.freeze", on ? "1" : "0");
}

int cgroup_set(const struct cgroup *cg, const char *assignment, struct err *err)
{
	size_t len = strcspn(assignment, "=");
	cleanup_free char *name = strndup(assignment, len);

	if (!name)
		return err_nomem(err);
	return set_limit(cg, name, assignment[len] ? assignment + len + 1 : "", err);
}

static uint64_t memory_in_use(const struct cgroup *cg)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (file_read_at(cg->fd, "memory.current", 64, &b) < 0 || !b.data)
		return 0;
	return strtoull(b.data, NULL, 10);
}

/* Has the kernel drop the container's cached files, where that makes room for the limit. */
static int make_room(const struct cgroup *cg, uint64_t limit, struct err *err)
{
	uint64_t used = memory_in_use(cg);
	char value[32];

	if (used <= limit)
		return 0;
	snprintf(value, sizeof(value), "%" PRIu64, used - limit);
	(void)file_set_at(cg->fd, "memory.reclaim", value);
	used = memory_in_use(cg);
	if (used <= limit)
		return 0;
	return err_set(err, -EBUSY,
		       "the container uses %" PRIu64 " bytes of memory, more than the new limit",
		       used);
}

int cgroup_change(const struct cgroup *cg, const char *assignment, struct err *err)
{
	const char *bytes = str_starts(assignment, "memory.max=");
	int r = bytes && !streq(bytes, "max") ? make_room(cg, strtoull(bytes, NULL, 10), err) : 0;

	return r == 0 ? cgroup_set(cg, assignment, err) : r;
}

uint64_t cgroup_oom_kills(const struct cgroup *cg)
{
	static const char key[] = "\noom_kill ";
	char text[256];
	const char *at;
	ssize_t n = pread(cg->events_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, key);
	return at ? strtoull(at + sizeof(key) - 1, NULL, 10) : 0;
}

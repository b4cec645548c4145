/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A process has limits of its own (limits.c); what the kernel keeps for it,
 * page cache above all, only a control group counts.  Each jail gets one in a folder "moat", which
 * is made where it can be: with control groups of version 2 in the nearest group above ours that
 * lets us and hands memory and pids down, so nothing leaves the bounds that were set for us; with
 * version 1, for root, below our own group in each hierarchy.
 *
 * Moving a process waits for all processors, for milliseconds.  So nobody is moved: a process is
 * born into its group, or in version 1 writes itself into it before it has a second thread, which
 * waits for nobody.  What is forked of a zygote is moved in version 2: the zygote may not have a
 * process born where its starter may.
 *
 * Groups whose starters were killed stay behind; the next removal of a group, or the next moatd,
 * removes them.
 */
#include "jail/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/random.h"
#include "base/str.h"
#include "jail/jail.h"

#define ROOT	 "/sys/fs/cgroup"
#define FOLDER	 "moat"
#define NAME_LEN 16

/* A younger group may be about to get its process: it is not removed. */
#define STALE_SEC 60

enum { MEMORY, PIDS, CPU };

static const char *const controllers[JAIL_GROUP_PARTS] = { "memory", "pids", "cpu" };

#define CPU_PERIOD_USEC 100000u /* the kernel's own */

static bool is_v2(void)
{
	struct statfs fs;

	return statfs(ROOT, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static int write_at(int dir_fd, const char *name, const char *text)
{
	cleanup_close int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

/* Is @controller among @names?  A hierarchy of version 1 may have several: "cpu,cpuacct". */
static bool is_of(char *names, const char *controller)
{
	char *name;

	while ((name = strsep(&names, ",")))
		if (streq(name, controller))
			return true;
	return false;
}

/* Finds the control group of this process: with a controller, in its hierarchy of version 1; with
 * "", in version 2. */
static int own_group(const char *controller, char ret[PATH_MAX])
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = file_read_at(AT_FDCWD, "/proc/self/cgroup", KIB(64), &text);
	char *at = text.data, *line;

	if (r < 0)
		return r;
	while ((line = strsep(&at, "\n"))) {
		char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (is_of(names + 1, controller) && !strstr(path, "/..") &&
		    snprintf(ret, PATH_MAX, "%s", path) < PATH_MAX)
			return 0;
	}
	return -ENOENT;
}

static int open_folder(int dir_fd, int *ret)
{
	if (mkdirat(dir_fd, FOLDER, 0755) < 0 && errno != EEXIST)
		return -errno;
	*ret = openat(dir_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? -errno : 0;
}

static bool hands_down(int dir_fd)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	return file_read_at(dir_fd, "cgroup.subtree_control", 4096, &text) == 0 && text.data &&
	       strstr(text.data, "memory") && strstr(text.data, "pids");
}

/* The controller for processors may be missing: users often do not get it. */
static int hand_down(int dir_fd)
{
	(void)write_at(dir_fd, "cgroup.subtree_control", "+cpu");
	return write_at(dir_fd, "cgroup.subtree_control", "+memory +pids");
}

static int open_v2(const char *group, int *ret)
{
	cleanup_close int dir_fd = -1;
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), ROOT "%s", group) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	/* The topmost group may hand controllers down though it has processes in it; no other
	 * may. */
	if (!hands_down(dir_fd) && (!streq(group, "/") || hand_down(dir_fd) < 0))
		return -ENOTSUP;
	r = open_folder(dir_fd, ret);
	return r == 0 ? hand_down(*ret) : r;
}

static int find_v2(int *ret, struct err *err)
{
	char group[PATH_MAX];
	int r = own_group("", group);

	while (r == 0) {
		char *end = strrchr(group, '/');

		cleanup_close_fn(ret);
		*ret = -1;
		r = open_v2(group, ret);
		if (r == 0 || streq(group, "/") || !end)
			break;
		end[end == group] = '\0';
		r = 0;
	}
	return r == -ENOTSUP ? err_set(err, r, "no group above ours hands memory and pids down")
	       : r < 0	     ? err_errno(err, r, "folder for control groups")
			     : 0;
}

static int find_v1(const char *controller, int *ret, struct err *err)
{
	char group[PATH_MAX], path[PATH_MAX];
	cleanup_close int dir_fd = -1;
	int r = own_group(controller, group);

	if (r == 0 &&
	    snprintf(path, sizeof(path), ROOT "/%s%s", controller, group) >= (int)sizeof(path))
		r = -ENAMETOOLONG;
	if (r == 0) {
		dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = dir_fd < 0 ? -errno : open_folder(dir_fd, ret);
	}
	return r < 0 ? err_errno(err, r, "folder for control groups of %s", controller) : 0;
}

/* Finds a folder for groups in the hierarchy of each of the first @n controllers; only the last
 * of them may be missing. */
static int find_folders(struct jail_group *g, size_t n, struct err *err)
{
	int r = 0;

	if (is_v2())
		return find_v2(&g->folders[0], err);
	if (geteuid() != 0)
		return err_set(err, -EPERM, "those of version 1 are for root");
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = find_v1(controllers[i], &g->folders[i], err);
		if (r < 0 && i == CPU)
			r = 0;
	}
	return r;
}

static int set_number(int dir_fd, const char *file, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return write_at(dir_fd, file, text);
}

/* The group gets the share of time that as many single processes as it has vCPUs would get
 * without a group. */
static int set_cpus(int dir_fd, unsigned cpus, bool v2)
{
	unsigned quota = cpus * CPU_PERIOD_USEC, weight = v2 ? 100 * cpus : 1024 * cpus;
	int r = set_number(dir_fd, v2 ? "cpu.max" : "cpu.cfs_quota_us", quota);

	/* Version 1 refuses more than a group above has, whose bound holds then. */
	if (r == 0 || (r == -EINVAL && !v2))
		r = set_number(dir_fd, v2 ? "cpu.weight" : "cpu.shares",
			       v2 && weight > 10000 ? 10000 : weight);
	return r == -ENOENT ? 0 : r;
}

static int set_part(const struct jail *j, size_t part, int dir_fd, bool v2)
{
	switch (part) {
	case MEMORY:
		return set_number(dir_fd, v2 ? "memory.max" : "memory.limit_in_bytes",
				  j->memory_bytes);
	case PIDS:
		return set_number(dir_fd, "pids.max", j->threads + j->forks);
	default:
		return set_cpus(dir_fd, j->cpus, v2);
	}
}

static int make_folder(int parent_fd, const char *name, int *ret_fd)
{
	if (mkdirat(parent_fd, name, 0755) < 0)
		return -errno;
	*ret_fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

/* In version 2 all controllers are in one folder. */
static int write_bounds(const struct jail *j, const struct jail_group *g, size_t n,
			int *ret_join_fd)
{
	bool v2 = g->folders[PIDS] < 0;
	cleanup_close int dir_fd = -1;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!v2 && g->folders[i] < 0)
			continue;
		if (!v2 || i == 0) {
			if (dir_fd >= 0)
				close(take_fd(&dir_fd));
			r = make_folder(g->folders[i], g->name, &dir_fd);
		}
		if (r == 0)
			r = set_part(j, i, dir_fd, v2);
	}
	if (r == 0 && v2)
		*ret_join_fd = take_fd(&dir_fd);
	return r;
}

int group_make(const struct jail *j, struct jail_group *ret, int *ret_join_fd, struct err *err)
{
	struct jail_group g = JAIL_GROUP_NONE;
	unsigned char random[NAME_LEN / 2];
	size_t n = j->cpus > 0 ? CPU + 1 : CPU;
	int r = random_bytes(random, sizeof(random));

	if (r < 0)
		return err_errno(err, r, "name of a control group");
	hex_encode(random, sizeof(random), g.name);
	r = find_folders(&g, n, err);
	if (r == 0) {
		r = write_bounds(j, &g, n, ret_join_fd);
		if (r < 0)
			err_errno(err, r, "control group");
	}
	if (r < 0)
		group_remove(&g);
	else
		*ret = g;
	return r;
}

int group_open(const struct jail_group *g, int *ret)
{
	char name[sizeof(g->name) + 16];
	int n = 0;

	snprintf(name, sizeof(name), "%s/%s", g->name, is_v2() ? "cgroup.procs" : "tasks");
	for (size_t i = 0; i < JAIL_GROUP_PARTS && g->folders[i] >= 0; i++) {
		ret[n] = openat(g->folders[i], name, O_WRONLY | O_CLOEXEC);
		if (ret[n] < 0) {
			int r = -errno;

			while (n > 0)
				close(ret[--n]);
			return r;
		}
		n++;
	}
	return n;
}

int group_join(const struct jail_group *g)
{
	int fds[JAIL_GROUP_PARTS], n = group_open(g, fds), r = 0;

	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = fd_write_all(fds[i], "0", 1);
		close(fds[i]);
	}
	return n < 0 ? n : r;
}

/* Removes the groups in a folder.  Those that have a process stay, as rmdir(2) fails with EBUSY.
 * @fd: taken over. */
static void sweep_folder(int fd)
{
	cleanup_dir DIR *dir = fdopendir(fd);
	time_t now = time(NULL);
	struct dirent *e;
	struct stat st;

	if (!dir)
		close(fd);
	while (dir && (e = readdir(dir)))
		if (strlen(e->d_name) == NAME_LEN &&
		    strspn(e->d_name, "0123456789abcdef") == NAME_LEN &&
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ctime + STALE_SEC < now)
			unlinkat(fd, e->d_name, AT_REMOVEDIR);
}

void group_remove(struct jail_group *g)
{
	for (size_t i = 0; i < JAIL_GROUP_PARTS; i++) {
		if (g->folders[i] < 0)
			continue;
		unlinkat(g->folders[i], g->name, AT_REMOVEDIR);
		sweep_folder(take_fd(&g->folders[i]));
	}
}

void group_sweep(void)
{
	struct jail_group g = JAIL_GROUP_NONE;

	(void)find_folders(&g, JAIL_GROUP_PARTS, NULL);
	for (size_t i = 0; i < JAIL_GROUP_PARTS; i++)
		if (g.folders[i] >= 0)
			sweep_folder(g.folders[i]);
}

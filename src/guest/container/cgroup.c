/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/container/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"

#define CGROUP_DIR     "/cgroup/moat"
#define PERIOD_DEFAULT 100000 /* the kernel's, in usec */

static int move_self(const char *procs)
{
	return file_set_at(AT_FDCWD, procs, "0");
}

/* The root of a new cgroup namespace is the cgroup of whoever makes it. */
static int make_namespace(void)
{
	int r = move_self(CGROUP_DIR "/cgroup.procs");

	if (r == 0 && unshare(CLONE_NEWCGROUP) < 0)
		r = -errno;
	if (r == 0)
		r = move_self("/cgroup/cgroup.procs");
	return r;
}

int cgroup_mount(struct err *err)
{
	static const char *const controllers[] = { "+memory", "+cpu", "+pids", "+io" };

	if (mount("cgroup2", "/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return err_errno(err, -errno, "mount cgroup2");
	/* One that is missing is an error only when a limit asks for it. */
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		file_set_at(AT_FDCWD, "/cgroup/cgroup.subtree_control", controllers[i]);
	return 0;
}

int cgroup_make(struct cgroup *ret, struct err *err)
{
	int r;

	if (mkdir(CGROUP_DIR, 0755) < 0)
		return err_errno(err, -errno, "make the container's cgroup");
	r = make_namespace();
	if (r < 0)
		return err_errno(err, r, "make the container's cgroup namespace");
	ret->fd = open(CGROUP_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd < 0)
		return err_errno(err, -errno, "open the container's cgroup");
	ret->events_fd = openat(ret->fd, "memory.events", O_RDONLY | O_CLOEXEC);
	return 0;
}

int cgroup_remove(struct cgroup *cg, struct err *err)
{
	fd_close(&cg->fd);
	fd_close(&cg->events_fd);
	fd_close(&cg->devices_fd);
	return rmdir(CGROUP_DIR) < 0 ? err_errno(err, -errno, "remove the container's cgroup") : 0;
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
	if (r == 0) /* not there without swap in the kernel */
		file_set_at(cg->fd, "memory.swap.max", "0");
	return r;
}

int cgroup_limit(const struct cgroup *cg, const struct link_setup *s, struct err *err)
{
	uint64_t period = s->cpu_period_usec ? s->cpu_period_usec : PERIOD_DEFAULT;
	char value[64];
	int r = 0;

	if (s->memory_bytes > 0)
		r = limit_memory(cg, s->memory_bytes, err);
	if (r == 0 && s->cpu_quota_usec > 0) {
		snprintf(value, sizeof(value), "%" PRIi64 " %" PRIu64, s->cpu_quota_usec, period);
		r = set_limit(cg, "cpu.max", value, err);
	}
	if (r == 0 && s->pids_max > 0) {
		snprintf(value, sizeof(value), "%" PRIi64, s->pids_max);
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
		return -ENOMEM;
	return set_limit(cg, name, assignment[len] ? assignment + len + 1 : "", err);
}

static uint64_t memory_in_use(const struct cgroup *cg)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (file_read_at(cg->fd, "memory.current", 64, &b) < 0 || !b.data)
		return 0;
	return strtoull(b.data, NULL, 10);
}

/* What is cached is given back before processes would be killed. */
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

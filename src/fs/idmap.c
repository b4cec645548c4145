/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Only a program with privileges may map other ids than one's own, and only
 * from outside of the namespace: a child stays there, and starts newuidmap(1) and newgidmap(1) for
 * its parent when that is in its namespace.  Where they are missing, or refuse, root alone is
 * mapped.
 */
#include "fs/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/spawn.h"
#include "base/str.h"
#include "fs/subids.h"

#define SUBIDS_BYTES MIB(1)

struct who {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char name[64]; /* "": the user has none */
};

static const struct kind {
	const char *file, *program, *map;
} kinds[] = {
	{ "/etc/subuid", "/usr/bin/newuidmap", "/proc/self/uid_map" },
	{ "/etc/subgid", "/usr/bin/newgidmap", "/proc/self/gid_map" },
};

static struct who who_am_i(void)
{
	struct who w = { .uid = geteuid(), .gid = getegid(), .pid = getpid() };
	struct passwd entry, *found = NULL;
	char text[4096];

	if (getpwuid_r(w.uid, &entry, text, sizeof(text), &found) == 0 && found)
		snprintf(w.name, sizeof(w.name), "%s", entry.pw_name);
	return w;
}

static bool run(const char *program, const char *const *argv)
{
	const int fds[] = { -1, -1, STDERR_FILENO };
	struct spawn s = { .program = program, .argv = argv, .fds = fds, .n_fds = 3 };
	int status;
	pid_t pid;

	if (spawn_start(&s, &pid) < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* In the child. */
static bool map_kind(const struct who *w, const struct kind *kind, uint32_t own)
{
	struct subid_range ranges[SUBIDS_MAX];
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_strv char **map = NULL, **argv = NULL;
	int r = file_read_at(AT_FDCWD, kind->file, SUBIDS_BYTES, &text);
	size_t n = r == 0 && text.len > 0
			   ? subids_find(text.data, *w->name ? w->name : NULL, w->uid, ranges)
			   : 0;

	if (n == 0 || subids_map(own, ranges, n, &map) < 0 ||
	    strv_addf(&argv, "%s", kind->program) < 0 || strv_addf(&argv, "%d", w->pid) < 0)
		return false;
	for (char **word = map; *word; word++)
		if (strv_add(&argv, *word) < 0)
			return false;
	return run(kind->program, (const char *const *)argv);
}

/* The child that stays outside. */
static _Noreturn void map_parent(const struct who *w, int go_fd)
{
	char byte;
	bool mapped = read(go_fd, &byte, 1) == 1 && map_kind(w, &kinds[0], w->uid) &&
		      map_kind(w, &kinds[1], w->gid);

	_exit(mapped ? 0 : 1);
}

static int map_root_alone(const struct who *w)
{
	char line[64];
	int r = file_set_at(AT_FDCWD, "/proc/self/setgroups", "deny");

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++) {
		snprintf(line, sizeof(line), "0 %u 1", i == 0 ? w->uid : w->gid);
		r = file_set_at(AT_FDCWD, kinds[i].map, line);
	}
	return r;
}

static bool is_mapped(void)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	return file_read_at(AT_FDCWD, kinds[0].map, 4096, &text) == 0 && text.len > 0;
}

/* @go_fd: tells the child to begin */
static int enter(const struct who *w, pid_t child, int go_fd, int flags, struct err *err)
{
	int status, r = unshare(CLONE_NEWUSER | flags) < 0 ? -errno : 0;
	bool told = r == 0 && write(go_fd, "", 1) == 1;

	close(go_fd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return err_errno(err, r == -ENOSPC || r == -EUSERS ? -EPERM : r, "user namespace");
	if (!told || status != 0)
		log_info("files can belong to the user alone: no subordinate ids are mapped "
			 "(/etc/subuid, newuidmap)");
	if (!is_mapped())
		r = map_root_alone(w);
	return r < 0 ? err_errno(err, r, "map the user") : 0;
}

int idmap_enter(int flags, struct err *err)
{
	const struct who w = who_am_i();
	int go[2], r;
	pid_t child;

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "pipe");
	child = fork();
	if (child == 0) {
		close(go[1]);
		map_parent(&w, go[0]);
	}
	r = child < 0 ? -errno : 0;
	close(go[0]);
	if (r < 0) {
		close(go[1]);
		return err_errno(err, r, "fork");
	}
	return enter(&w, child, go[1], flags, err);
}

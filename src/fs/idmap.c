/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Only a program with privileges may map other ids than one's own, and only
 * from outside of the namespace: a child stays there, and starts newuidmap(1) and newgidmap(1) for
 * its parent when that is in its namespace.  Where one of them is missing, or refuses, root alone
 * is mapped in its place.
 */
#include "fs/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/str.h"
#include "fs/owners.h"
#include "jail/userns.h"

static const char *const maps[OWNERS_KINDS] = {
	[OWNERS_USERS] = "/proc/self/uid_map", [OWNERS_GROUPS] = "/proc/self/gid_map"
};

struct who {
	uint32_t own[OWNERS_KINDS];
	pid_t pid;
};

static bool run_program(const char *program, const char *const *argv)
{
	const int fds[] = { -1, -1, STDERR_FILENO };
	struct spawn s = { .program = program, .argv = argv, .fds = fds, .n_fds = 3 };
	int status;
	pid_t pid;

	if (spawn_start(&s, &pid) < 0)
		return false;
	return child_await(pid, &status) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Maps the ids of one kind, in the child. */
static bool map_kind(const struct who *w, enum owners_kind kind)
{
	struct subid_range ranges[SUBIDS_MAX];
	cleanup_strv char **map = NULL, **argv = NULL;
	size_t n = owners_find(kind, ranges);

	if (n == 0 || subids_map(w->own[kind], ranges, n, &map) < 0 ||
	    strv_addf(&argv, "%s", owners_program(kind)) < 0 || strv_addf(&argv, "%d", w->pid) < 0)
		return false;
	for (char **word = map; *word; word++)
		if (strv_add(&argv, *word) < 0)
			return false;
	return run_program(owners_program(kind), (const char *const *)argv);
}

static void tell_why(void)
{
	cleanup_free char *text = owners_describe();

	log_info("files of containers can belong to: %s", text ? text : "you alone");
}

/* The child that stays outside the namespace. */
static _Noreturn void map_parent(const struct who *w, int go_fd)
{
	bool mapped = true;
	char byte;

	if (read(go_fd, &byte, 1) != 1)
		_exit(1);
	for (int i = 0; i < OWNERS_KINDS; i++)
		mapped = map_kind(w, (enum owners_kind)i) && mapped;
	if (!mapped)
		tell_why();
	_exit(0);
}

static bool is_mapped(enum owners_kind kind)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	return file_read_at(AT_FDCWD, maps[kind], 4096, &text) == 0 && text.len > 0;
}

/* Maps root alone, where the child could not map more. */
static int map_root_alone(const struct who *w)
{
	char line[64];
	int r = 0;

	for (int i = 0; r == 0 && i < OWNERS_KINDS; i++) {
		if (is_mapped((enum owners_kind)i))
			continue;
		if (i == OWNERS_GROUPS)
			r = file_set_at(AT_FDCWD, "/proc/self/setgroups", "deny");
		snprintf(line, sizeof(line), "0 %u 1", w->own[i]);
		if (r == 0)
			r = file_set_at(AT_FDCWD, maps[i], line);
	}
	return r;
}

/* @go_fd: by which the child is told to begin */
static int enter_namespace(const struct who *w, pid_t child, int go_fd, int flags, struct err *err)
{
	int r = unshare(CLONE_NEWUSER | flags) < 0 ? -errno : 0;

	/* A child that is told nothing, as after a failure, maps nothing. */
	if (r == 0)
		(void)!write(go_fd, "", 1);
	close(go_fd);
	(void)child_await(child, NULL);
	if (r < 0)
		return userns_refused(r, err);
	r = map_root_alone(w);
	return r < 0 ? userns_refused(r, err) : 0;
}

int idmap_enter(int flags, struct err *err)
{
	const struct who w = { .own = { [OWNERS_USERS] = geteuid(), [OWNERS_GROUPS] = getegid() },
			       .pid = getpid() };
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
	return enter_namespace(&w, child, go[1], flags, err);
}

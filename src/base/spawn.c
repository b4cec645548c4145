/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  posix_spawn(3) shares memory with its parent until the exec, and allocates
 * nothing.  Descriptors are first copied to numbers above all those the program will see, so that
 * putting one in its place never overwrites another that is still needed; the copies are closed.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"

struct copies {
	int *fds;
	size_t n;
};

static void copies_reset(struct copies *c)
{
	while (c->n > 0)
		if (c->fds[--c->n] >= 0)
			close(c->fds[c->n]);
	free(c->fds);
}

static int copies_make(struct copies *c, const struct spawn *s)
{
	c->fds = calloc(s->n_fds, sizeof(*c->fds));
	if (s->n_fds > 0 && !c->fds)
		return -ENOMEM;
	while (c->n < s->n_fds) {
		int fd = s->fds[c->n];

		if (fd >= 0)
			fd = fcntl(fd, F_DUPFD_CLOEXEC, (int)s->n_fds);
		if (fd < 0 && s->fds[c->n] >= 0)
			return -errno;
		c->fds[c->n++] = fd;
	}
	return 0;
}

static int add_file_actions(posix_spawn_file_actions_t *fa, const struct spawn *s,
			    const struct copies *c)
{
	int r = s->detached ? posix_spawn_file_actions_addchdir_np(fa, "/") : 0;

	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = c->fds[i] < 0
			    ? posix_spawn_file_actions_addopen(fa, (int)i, "/dev/null", O_RDWR, 0)
			    : posix_spawn_file_actions_adddup2(fa, c->fds[i], (int)i);
	return r == 0 ? -posix_spawn_file_actions_addclosefrom_np(fa, (int)c->n) : -r;
}

static int set_attributes(posix_spawnattr_t *attr, bool detached)
{
	int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	return -posix_spawnattr_setflags(attr,
					 (short)(detached ? flags | POSIX_SPAWN_SETSID : flags));
}

char *const *spawn_argv(const char *const *v)
{
	union {
		const char *const *from;
		char *const *to;
	} u = { v };

	return u.to;
}

int spawn_start(const struct spawn *s, pid_t *ret_pid)
{
	cleanup(copies_reset) struct copies copies = { 0 };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r = copies_make(&copies, s);

	if (r < 0)
		return r;
	if (posix_spawn_file_actions_init(&fa) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return -ENOMEM;
	}
	r = add_file_actions(&fa, s, &copies);
	if (r == 0)
		r = set_attributes(&attr, s->detached);
	if (r == 0)
		r = -posix_spawn(ret_pid, s->program, &fa, &attr, spawn_argv(s->argv),
				 s->environ ? spawn_argv(s->environ) : environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return r;
}

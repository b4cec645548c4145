/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The server is told by its arguments how it may use each share, and finds
 * the shares themselves as descriptors: what was looked at when the container was made or started
 * is what is served, whatever its path leads to by then.
 */
#include "fs/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "fs/names.h"

/* @control: the server's end.  @argv, @fds: room for n and a few more */
static int execute_server(const struct fs_launch *l, int control, const char **argv, int *fds,
			  pid_t *ret_pid)
{
	struct spawn s = { .program = l->program,
			   .argv = argv,
			   .fds = fds,
			   .n_fds = FS_FIRST_SHARE_FD + l->n,
			   .detached = true };

	argv[0] = "moat-fs";
	fds[0] = fds[1] = -1;
	fds[2] = l->log_fd;
	fds[FS_CONTROL_FD] = control;
	for (size_t i = 0; i < l->n; i++) {
		argv[1 + i] = l->shares[i].read_only ? FS_WORD_READ_ONLY : FS_WORD_WRITABLE;
		fds[FS_FIRST_SHARE_FD + i] = l->shares[i].fd;
	}
	return spawn_start(&s, ret_pid);
}

int fs_launch(const struct fs_launch *l, int *ret_control_fd, pid_t *ret_pid, struct err *err)
{
	cleanup_free const char **argv = calloc(l->n + 2, sizeof(*argv));
	cleanup_free int *fds = calloc(l->n + FS_FIRST_SHARE_FD, sizeof(*fds));
	cleanup_close int ours = -1, theirs = -1;
	int pair[2], r;

	if (!argv || !fds)
		return err_nomem(err);
	if (l->n == 0 || l->n > FS_SHARES_MAX)
		return err_set(err, -EINVAL, "%zu shares: a container has from 1 to %u", l->n,
			       FS_SHARES_MAX);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket for moat-fs");
	ours = pair[0];
	theirs = pair[1];
	r = execute_server(l, theirs, argv, fds, ret_pid);
	if (r < 0)
		return err_errno(err, r == -ENOENT ? -EIO : r, "cannot execute %s", l->program);
	*ret_control_fd = take_fd(&ours);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "fs/names.h"

static int await_errand(pid_t pid)
{
	int status, r = child_await(pid, &status);

	if (r < 0)
		return r;
	if (!WIFEXITED(status))
		return -EIO;
	return WEXITSTATUS(status) == FS_STATUS_PARTLY ? 1 : -WEXITSTATUS(status);
}

/* @answer_fd: for the errand's output; -1: none */
static int run_errand(const char *program, const char *const *argv, int folder_fd, int answer_fd)
{
	const int fds[] = { -1, -1, STDERR_FILENO, answer_fd, folder_fd };
	const struct spawn s = {
		.program = program, .argv = argv, .fds = fds, .n_fds = FS_FIRST_SHARE_FD + 1
	};
	pid_t pid;
	int r = spawn_start(&s, &pid);

	return r < 0 ? r : await_errand(pid);
}

int fs_remove_tree(const char *program, int dir_fd, const char *name)
{
	const char *const argv[] = { "moat-fs", FS_WORD_REMOVE, name, NULL };
	int r = run_errand(program, argv, dir_fd, -1);

	return r > 0 ? -EIO : r;
}

int fs_measure_tree(const char *program, int fd, int64_t *ret_bytes)
{
	const char *const argv[] = { "moat-fs", FS_WORD_MEASURE, ".", NULL };
	cleanup_close int ours = -1, theirs = -1;
	int64_t bytes;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	ours = fds[0];
	theirs = fds[1];
	r = run_errand(program, argv, fd, theirs);
	if (r < 0)
		return r;
	fd_close(&theirs);
	if (read(ours, &bytes, sizeof(bytes)) != sizeof(bytes))
		return -EIO;
	*ret_bytes = bytes;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The socket exists and listens before the shim does, so a request may be
 * sent as soon as shim_spawn() returned.  The shim is executed by posix_spawn(3), which shares
 * memory with its parent until the exec and allocates nothing: safe with other threads around.
 */
#include "control/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "control/client.h"
#include "control/names.h"

#define SHIM_FIRST_FD 3
#define PASSED_MAX    3

/* What the shim finds from SHIM_FIRST_FD on, in this order. */
struct passed {
	int fds[PASSED_MAX]; /* borrowed */
	int n;
};

static int prepare_files(posix_spawn_file_actions_t *fa, const struct passed *passed, int log_fd)
{
	int r = posix_spawn_file_actions_init(fa);

	if (r == 0)
		r = posix_spawn_file_actions_addopen(fa, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, STDIN_FILENO, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, log_fd, STDERR_FILENO);
	for (int i = 0; r == 0 && i < passed->n; i++)
		r = posix_spawn_file_actions_adddup2(fa, passed->fds[i], SHIM_FIRST_FD + i);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(fa, SHIM_FIRST_FD + passed->n);
	return -r;
}

static int prepare_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r = posix_spawnattr_init(attr);

	sigemptyset(&none);
	sigfillset(&all);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							   POSIX_SPAWN_SETSIGDEF);
	return -r;
}

static int execute(const struct shim_launch *l, const char *mode, const struct passed *passed,
		   pid_t *ret_pid, struct err *err)
{
	cleanup_close int log_fd =
		openat(l->dir_fd, SHIM_LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	cleanup_free char *dir = strdup(l->dir), *name = strdup("moat-shim");
	cleanup_free char *option = strdup(mode ? mode : "");
	char *argv[] = { name, mode ? option : dir, mode ? dir : NULL, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r;

	if (log_fd < 0)
		return err_errno(err, -errno, "%s/" SHIM_LOG_FILE, l->dir);
	if (!dir || !name || !option)
		return -ENOMEM;
	r = prepare_files(&fa, passed, log_fd);
	if (r == 0)
		r = prepare_attributes(&attr);
	if (r < 0)
		return r;
	r = -posix_spawn(ret_pid, l->program, &fa, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	return r < 0 ? err_errno(err, r == -ENOENT ? -EIO : r, "cannot execute %s", l->program) : 0;
}

static void passed_close(struct passed *p)
{
	while (p->n > 0)
		close(p->fds[--p->n]);
}

/* As duplicates beyond the numbers the shim finds them at: none is overwritten by another. */
static int pass(struct passed *p, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, SHIM_FIRST_FD + PASSED_MAX);

	if (copy < 0)
		return -errno;
	p->fds[p->n++] = copy;
	return 0;
}

static int pass_template(struct passed *p, const struct shim_launch *l)
{
	int r = pass(p, l->memory_fd);

	return r == 0 ? pass(p, l->state_fd) : r;
}

int shim_spawn(const struct shim_launch *l, pid_t *ret_pid, struct err *err)
{
	cleanup(passed_close) struct passed passed = { 0 };
	cleanup_close int listen_fd = -1;
	int r = shim_listen(l->dir_fd, &listen_fd);

	if (r < 0)
		return err_errno(err, r, "%s/" SHIM_SOCKET_FILE, l->dir);
	r = pass(&passed, listen_fd);
	if (r == 0 && l->memory_fd >= 0)
		r = pass_template(&passed, l);
	if (r < 0)
		return err_errno(err, r, "descriptors for moat-shim");
	return execute(l, l->memory_fd >= 0 ? "--restore" : NULL, &passed, ret_pid, err);
}

int shim_spawn_spare(const struct shim_launch *l, int *ret_fd, pid_t *ret_pid, struct err *err)
{
	cleanup(passed_close) struct passed passed = { 0 };
	cleanup_close int ours = -1, theirs = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket for moat-shim");
	ours = pair[0];
	theirs = pair[1];
	r = pass(&passed, theirs);
	if (r == 0)
		r = pass_template(&passed, l);
	if (r < 0)
		return err_errno(err, r, "descriptors for moat-shim");
	r = execute(l, "--spare", &passed, ret_pid, err);
	if (r == 0)
		*ret_fd = take_fd(&ours);
	return r;
}

int shim_spawn_maker(const struct shim_launch *l, pid_t *ret_pid, struct err *err)
{
	cleanup(passed_close) struct passed passed = { 0 };
	int r = pass(&passed, l->memory_fd);

	if (r < 0)
		return err_errno(err, r, "descriptors for moat-shim");
	return execute(l, "--make-template", &passed, ret_pid, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The socket exists and listens before the shim does, so a request may be
 * sent as soon as shim_spawn() returned.
 */
#include "control/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "control/client.h"
#include "control/names.h"

#define SHIM_FIRST_FD 3
#define PASSED_MAX    5

/* @passed: descriptors that the shim finds from SHIM_FIRST_FD on; -1: none in this place */
static int execute_shim(const struct shim_launch *l, const char *mode, const int passed[PASSED_MAX],
			pid_t *ret_pid, struct err *err)
{
	cleanup_close int log_fd =
		openat(l->dir_fd, SHIM_LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	const char *argv[5] = { "moat-shim" };
	int fds[SHIM_FIRST_FD + PASSED_MAX] = { -1, -1, log_fd };
	struct spawn s = { .program = l->program,
			   .argv = argv,
			   .fds = fds,
			   .n_fds = SHIM_FIRST_FD + PASSED_MAX,
			   .detached = true };
	size_t n = 1;
	int r;

	if (log_fd < 0)
		return err_errno(err, -errno, "%s/" SHIM_LOG_FILE, l->dir);
	if (mode)
		argv[n++] = mode;
	if (l->tap_fd >= 0)
		argv[n++] = "--tap";
	argv[n] = l->dir;
	for (size_t i = 0; i < PASSED_MAX; i++)
		fds[SHIM_FIRST_FD + i] = passed[i];
	while (fds[s.n_fds - 1] < 0)
		s.n_fds--;
	r = spawn_start(&s, ret_pid);
	return r < 0 ? err_errno(err, r == -ENOENT ? -EIO : r, "cannot execute %s", l->program) : 0;
}

int shim_spawn(const struct shim_launch *l, pid_t *ret_pid, struct err *err)
{
	static const char *const modes[] = {
		[SHIM_ALONE] = "--restore", [SHIM_ZYGOTE] = "--zygote", [SHIM_FORKED] = "--fork"
	};
	cleanup_close int listen_fd = -1;
	int r = shim_listen(l->dir_fd, &listen_fd);

	if (r < 0)
		return err_errno(err, r, "%s/" SHIM_SOCKET_FILE, l->dir);
	return execute_shim(l, l->memory_fd >= 0 ? modes[l->kin] : NULL,
			    (int[]){ listen_fd, l->memory_fd, l->state_fd, l->tap_fd,
				     l->kin == SHIM_ALONE ? -1 : l->kin_fd },
			    ret_pid, err);
}

int shim_spawn_maker(const struct shim_launch *l, pid_t *ret_pid, struct err *err)
{
	return execute_shim(l, "--make-template", (int[]){ l->memory_fd, -1, -1, l->tap_fd, -1 },
			    ret_pid, err);
}

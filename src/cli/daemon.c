/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the first request of a command finds no moatd and starts one, in a session
 * of its own so that a Ctrl-C in the terminal does not reach it. The new moatd writes one byte to
 * a pipe when it listens. When it ends before that, another one may hold the data root's lock:
 * then its socket appears within moments, or the start failed and the log says why.
 */
#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/unix.h"

/* A moat-net that hangs holds the start up for half a minute. */
#define READY_TIMEOUT_MSEC 120000
#define RIVAL_TIMEOUT_USEC (3 * USEC_PER_SEC)
#define LOG_TAIL_BYTES	   4096

static int connect_socket(const char *path, int *ret_fd)
{
	cleanup_free char *dir = strdup(path), *base = strdup(path);
	cleanup_close int dir_fd = -1;
	int r;

	if (!dir || !base)
		return -ENOMEM;
	r = unix_connect(path, SOCK_STREAM, ret_fd);
	if (r != -ENAMETOOLONG)
		return r;
	dir_fd = open(dirname(dir), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	return unix_connect_at(dir_fd, basename(base), SOCK_STREAM, ret_fd);
}

static int dial_moatd(const char *path, int *ret_fd, struct err *err)
{
	int r = connect_socket(path, ret_fd);

	if (r == -ENOENT || r == -ECONNREFUSED)
		return err_set(err, -ECONNREFUSED,
			       "no moatd runs on %s; start it with "
			       "'moat system start'",
			       path);
	if (r == -EACCES)
		return err_set(
			err, r,
			"no permission to use %s: it, or a folder above it, is another user's; "
			"look at MOAT_HOST, XDG_RUNTIME_DIR and HOME",
			path);
	return r < 0 ? err_errno(err, r, "connect to %s", path) : 0;
}

int daemon_dial(void *arg, int *ret_fd, struct err *err)
{
	cleanup_free char *path = NULL;
	int r = locate_socket(&path, err);

	(void)arg;
	return r < 0 ? r : dial_moatd(path, ret_fd, err);
}

int daemon_log_path(char **ret, struct err *err)
{
	cleanup_free char *root = NULL;
	char *path;
	int r = locate_root(&root, err);

	if (r < 0)
		return r;
	r = path_mkdir_p(root, 0700);
	if (r < 0)
		return locate_root_failed(root, r, err);
	path = str_printf("%s/moatd.log", root);
	if (!path)
		return err_nomem(err);
	*ret = path;
	return 0;
}

static int spawn_moatd(int log_fd, pid_t *ret_pid, int *ret_ready_fd, struct err *err)
{
	static const char *const argv[] = { "moatd", "--ready-fd", "3", NULL };
	cleanup_close int ready_fd = -1, write_fd = -1;
	cleanup_free char *program = NULL;
	int pipe_fd[2], r = locate_program("moatd", &program, err);

	if (r < 0)
		return r;
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "start moatd: make a pipe");
	ready_fd = pipe_fd[0];
	write_fd = pipe_fd[1];
	r = spawn_start(&(struct spawn){ .program = program,
					 .argv = argv,
					 .fds = (int[]){ -1, log_fd, log_fd, write_fd },
					 .n_fds = 4,
					 .detached = true },
			ret_pid);
	if (r < 0)
		return err_errno(err, r, "start %s", program);
	*ret_ready_fd = take_fd(&ready_fd);
	return 0;
}

/* Finds why a moatd did not start, in what the log got since @start: what it said last.  A moatd
 * that runs may log there, too; where none said why, the last line of all is taken. */
static void find_reason(int log_fd, off_t start, char *ret, size_t size)
{
	char tail[LOG_TAIL_BYTES + 1], *line, *rest = tail;
	off_t end = lseek(log_fd, 0, SEEK_END);
	off_t from = end - start > LOG_TAIL_BYTES ? end - LOG_TAIL_BYTES : start;
	ssize_t n = pread(log_fd, tail, LOG_TAIL_BYTES, from);
	bool found = false;

	tail[n > 0 ? n : 0] = '\0';
	*ret = '\0';
	while ((line = strsep(&rest, "\n"))) {
		const char *reason = str_starts(line, "moatd: ");

		if (reason || (*line && !found))
			snprintf(ret, size, "%s", reason ? reason : line);
		found = found || reason;
	}
}

/* Connects to another moatd that may have been quicker: its socket appears soon, if there is one.
 */
static int dial_rival(const char *path, int *ret_fd)
{
	uint64_t deadline = clock_mono_usec() + RIVAL_TIMEOUT_USEC;
	struct timespec delay = { .tv_nsec = 5 * 1000 * 1000 };
	int r;

	for (;;) {
		r = connect_socket(path, ret_fd);
		if ((r != -ENOENT && r != -ECONNREFUSED) || clock_mono_usec() > deadline)
			return r;
		nanosleep(&delay, NULL);
		if (delay.tv_nsec < 100 * 1000 * 1000)
			delay.tv_nsec *= 2;
	}
}

/* Return: 0; -ETIMEDOUT; -ECONNREFUSED when the new moatd has ended. */
static int await_ready(pid_t pid, int ready_fd)
{
	uint64_t deadline = clock_mono_usec() + READY_TIMEOUT_MSEC * USEC_PER_MSEC;
	char byte;
	int r;

	do {
		uint64_t now = clock_mono_usec();

		r = now < deadline
			    ? fd_wait(ready_fd, POLLIN, (int)((deadline - now) / USEC_PER_MSEC) + 1)
			    : 0;
	} while (r == -EINTR);
	if (r <= 0) {
		kill(pid, SIGTERM);
		return -ETIMEDOUT;
	}
	return read(ready_fd, &byte, 1) == 1 ? 0 : -ECONNREFUSED;
}

static int start_moatd(const char *path, int *ret_fd, struct err *err)
{
	cleanup_close int log_fd = -1, ready_fd = -1;
	cleanup_free char *log = NULL;
	char reason[512];
	off_t log_start;
	pid_t pid = -1;
	int r = daemon_log_path(&log, err);

	if (r < 0)
		return r;
	log_fd = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log_fd < 0)
		return err_errno(err, -errno, "start moatd: open %s", log);
	log_start = lseek(log_fd, 0, SEEK_END);
	r = spawn_moatd(log_fd, &pid, &ready_fd, err);
	if (r < 0)
		return r;
	r = await_ready(pid, ready_fd);
	if (r == 0)
		return dial_moatd(path, ret_fd, err);
	(void)waitpid(pid, NULL, r == -ECONNREFUSED ? 0 : WNOHANG);
	if (r == -ECONNREFUSED && dial_rival(path, ret_fd) == 0)
		return 0;
	find_reason(log_fd, log_start, reason, sizeof(reason));
	return err_set(err, r, "%s: %s (log: %s)",
		       r == -ECONNREFUSED ? "moatd did not start" : "moatd did not get ready",
		       reason[0] ? reason : "it gave no reason", log);
}

int daemon_dial_or_start(void *arg, int *ret_fd, struct err *err)
{
	cleanup_free char *path = NULL;
	int r = locate_socket(&path, err);

	(void)arg;
	if (r < 0)
		return r;
	r = dial_moatd(path, ret_fd, err);
	return r == -ECONNREFUSED ? start_moatd(path, ret_fd, err) : r;
}

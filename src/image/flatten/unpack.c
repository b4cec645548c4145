/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"

/*
 * Theory of operation: the descriptors the child may have are first copied to numbers above all
 * those it will see, so that putting them in their places never overwrites one that is still
 * needed.  posix_spawn() then places them and closes everything above.
 *
 * The child parses hostile input and may have been taken over: of its answer nothing is believed
 * but a bounded errno and printable text.
 */

enum {
	CHILD_STATUS_FD = 3,
	CHILD_OUT_FD,
	CHILD_LAYER_FD,
};

#define ERRNO_MAX 4095

struct job {
	int *fds; /* copies, in the order of the child's numbers from CHILD_STATUS_FD */
	size_t n_fds;
	char **argv;
};

static void job_reset(struct job *j)
{
	for (size_t i = 0; i < j->n_fds; i++)
		close(j->fds[i]);
	free(j->fds);
	strv_free(j->argv);
}

static int job_add_fd(struct job *j, int fd, int above)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, above);

	if (copy < 0)
		return -errno;
	j->fds[j->n_fds++] = copy;
	return 0;
}

static int job_add_layer(struct job *j, const struct flatten_layer *layer, size_t i, int above)
{
	int r = job_add_fd(j, layer->fd, above);

	if (r < 0)
		return r;
	return strv_addf(&j->argv, "%zu%s%s", CHILD_LAYER_FD + i, layer->diff_id ? ":" : "",
			 layer->diff_id ? layer->diff_id : "");
}

static int job_fill(struct job *j, const char *program, const struct flatten_layer *layers,
		    size_t n_layers, const int fds[2])
{
	int above = CHILD_LAYER_FD + (int)n_layers;
	int r;

	j->fds = calloc(2 + n_layers, sizeof(*j->fds));
	if (!j->fds)
		return -ENOMEM;
	r = strv_add(&j->argv, program);
	if (r == 0)
		r = strv_addf(&j->argv, "%d", CHILD_STATUS_FD);
	if (r == 0)
		r = strv_addf(&j->argv, "%d", CHILD_OUT_FD);
	for (size_t i = 0; i < 2 && r == 0; i++)
		r = job_add_fd(j, fds[i], above);
	for (size_t i = 0; i < n_layers && r == 0; i++)
		r = job_add_layer(j, &layers[i], i, above);
	return r;
}

static int add_file_actions(posix_spawn_file_actions_t *fa, const struct job *j)
{
	int r = 0;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && r == 0; fd++)
		r = posix_spawn_file_actions_addopen(fa, fd, "/dev/null", O_RDWR, 0);
	for (size_t i = 0; i < j->n_fds && r == 0; i++)
		r = posix_spawn_file_actions_adddup2(fa, j->fds[i], CHILD_STATUS_FD + (int)i);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(fa, CHILD_STATUS_FD + (int)j->n_fds);
	return -r;
}

static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	return -posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const char *program, const struct job *j, pid_t *ret)
{
	static char locale[] = "LC_ALL=C";
	char *env[] = { locale, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return -ENOMEM;
	}
	r = add_file_actions(&fa, j);
	if (r == 0)
		r = set_signals(&attr);
	if (r == 0)
		r = -posix_spawn(ret, program, &fa, &attr, j->argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return r;
}

/* Reads to the end of the pipe, so that the child never waits for us, and keeps what fits. */
static void read_status(int fd, char ret[UNPACK_STATUS_MAX])
{
	char piece[UNPACK_STATUS_MAX];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		size_t room = UNPACK_STATUS_MAX - 1 - len;

		if (n < 0 && errno != EINTR)
			break;
		if (n < 0)
			continue;
		if ((size_t)n < room)
			room = (size_t)n;
		memcpy(ret + len, piece, room);
		len += room;
	}
	ret[len] = '\0';
}

static int ended(int status, struct err *err)
{
	if (!WIFSIGNALED(status))
		return err_set(err, -EIO, "moat-unpack ended with status %d and said nothing",
			       WEXITSTATUS(status));
	switch (WTERMSIG(status)) {
	case SIGPIPE:
		return err_set(err, -EPIPE, "moat-unpack: nobody reads what it writes");
	case SIGKILL:
		return err_set(err, -ENOMEM,
			       "moat-unpack was killed; is the machine out of memory?");
	case SIGSYS:
		return err_set(
			err, -EIO,
			"moat-unpack tried a system call that is not allowed and was stopped; "
			"a layer may be an attack");
	default:
		return err_set(err, -EIO,
			       "moat-unpack crashed with signal %d; a layer may be an attack",
			       WTERMSIG(status));
	}
}

static int report(char *text, int status, struct err *err)
{
	char *message = strchr(text, ' ');
	uint64_t code;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (message)
		*message++ = '\0';
	if (!message || str_to_u64(text, &code) < 0 || code == 0 || code > ERRNO_MAX)
		return ended(status, err);
	for (char *c = message; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return err_set(err, -(int)code, "%s", message);
}

static int wait_for(pid_t pid, int *ret_status)
{
	while (waitpid(pid, ret_status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int run_job(const char *program, struct job *j, int *status_pipe, struct err *err)
{
	char text[UNPACK_STATUS_MAX];
	int status;
	pid_t pid;
	int r = spawn(program, j, &pid);

	if (r < 0)
		return err_errno(err, r, "cannot start %s", program);
	/* Only the child may hold the pipe open now. */
	close(take_fd(&j->fds[0]));
	close(take_fd(&status_pipe[1]));
	read_status(status_pipe[0], text);
	r = wait_for(pid, &status);
	if (r < 0)
		return err_errno(err, r, "waiting for %s", program);
	return report(text, status, err);
}

static void close_pipe(int (*fds)[2])
{
	cleanup_close_fn(&(*fds)[0]);
	cleanup_close_fn(&(*fds)[1]);
}

int unpack_run(const char *program, const struct flatten_layer *layers, size_t n_layers, int out_fd,
	       struct err *err)
{
	cleanup(close_pipe) int status_pipe[2] = { -1, -1 };
	cleanup(job_reset) struct job j = { 0 };
	int r = pipe2(status_pipe, O_CLOEXEC) < 0 ? -errno : 0;

	if (r == 0)
		r = job_fill(&j, program, layers, n_layers, (int[]){ status_pipe[1], out_fd });
	if (r < 0)
		return err_errno(err, r, "preparing %s", program);
	return run_job(program, &j, status_pipe, err);
}

/* The child's end of a new pipe goes into the job.  @ret_fd: ours, owned */
static int job_add_pipe(struct job *j, int above, int *ret_fd)
{
	cleanup(close_pipe) int fds[2] = { -1, -1 };
	int r = pipe2(fds, O_CLOEXEC) < 0 ? -errno : job_add_fd(j, fds[1], above);

	if (r == 0)
		*ret_fd = take_fd(&fds[0]);
	return r;
}

static int job_fill_inflate(struct job *j, const char *program, int in_fd, struct inflate *ret)
{
	int above = CHILD_LAYER_FD + 1;
	int r = strv_add(&j->argv, program);

	j->fds = calloc(3, sizeof(*j->fds));
	if (!j->fds)
		return -ENOMEM;
	if (r == 0)
		r = strv_add(&j->argv, UNPACK_INFLATE);
	for (int fd = CHILD_STATUS_FD; r == 0 && fd <= CHILD_LAYER_FD; fd++)
		r = strv_addf(&j->argv, "%d", fd);
	if (r == 0)
		r = job_add_pipe(j, above, &ret->status_fd);
	if (r == 0)
		r = job_add_pipe(j, above, &ret->fd);
	return r == 0 ? job_add_fd(j, in_fd, above) : r;
}

int unpack_inflate(const char *program, int in_fd, struct inflate *ret, struct err *err)
{
	cleanup(job_reset) struct job j = { 0 };
	struct inflate in = INFLATE_INIT;
	int r = job_fill_inflate(&j, program, in_fd, &in);

	if (r == 0)
		r = spawn(program, &j, &in.pid);
	if (r < 0) {
		fd_close(&in.fd);
		fd_close(&in.status_fd);
		return err_errno(err, r == -ENOENT ? -EIO : r, "cannot start %s", program);
	}
	*ret = in;
	return 0;
}

int unpack_inflate_end(struct inflate *in, struct err *err)
{
	char text[UNPACK_STATUS_MAX];
	int status, r;

	read_status(in->status_fd, text);
	r = wait_for(in->pid, &status);
	if (r < 0)
		return err_errno(err, r, "waiting for moat-unpack");
	return report(text, status, err);
}

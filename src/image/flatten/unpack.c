/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "base/str.h"

/*
 * Theory of operation.  The child parses hostile input and may have been taken over: of its answer
 * nothing is believed but a bounded errno, bounded sizes and printable text.
 */

enum {
	CHILD_STATUS_FD = 3,
	CHILD_OUT_FD,
	CHILD_LAYER_FD,
};

#define ERRNO_MAX 4095

struct job {
	int *fds; /* the child's descriptors from 0 on; borrowed */
	size_t n_fds;
	char **argv;
};

static void job_reset(struct job *j)
{
	free(j->fds);
	strv_free(j->argv);
}

/* @n_layers: layers the child reads, each with two descriptors at most */
static int job_init(struct job *j, const char *program, size_t n_layers, int status_fd, int out_fd)
{
	j->fds = calloc(CHILD_LAYER_FD + 2 * n_layers, sizeof(*j->fds));
	if (!j->fds)
		return -ENOMEM;
	for (size_t i = 0; i < CHILD_STATUS_FD; i++)
		j->fds[i] = -1;
	j->fds[CHILD_STATUS_FD] = status_fd;
	j->fds[CHILD_OUT_FD] = out_fd;
	j->n_fds = CHILD_LAYER_FD;
	return strv_add(&j->argv, program);
}

static int job_add_number(struct job *j, int fd)
{
	return strv_addf(&j->argv, "%d", fd);
}

static int job_add_layer(struct job *j, const struct flatten_layer *layer)
{
	cleanup_free char *growth = NULL;
	size_t fd = j->n_fds++;

	j->fds[fd] = layer->fd;
	if (layer->grows) {
		j->fds[j->n_fds] = layer->event_fd;
		growth = str_printf(",%zu,%llu", j->n_fds++,
				    (unsigned long long)layer->packed_bytes);
		if (!growth)
			return -ENOMEM;
	}
	return strv_addf(&j->argv, "%zu%s%s%s", fd, growth ? growth : "", layer->diff_id ? ":" : "",
			 layer->diff_id ? layer->diff_id : "");
}

static int job_start(const struct job *j, pid_t *ret)
{
	static const char *const environment[] = { "LC_ALL=C", NULL };
	const struct spawn s = { .program = j->argv[0],
				 .argv = (const char *const *)j->argv,
				 .environ = environment,
				 .fds = j->fds,
				 .n_fds = j->n_fds };

	return spawn_start(&s, ret);
}

/* Reads the pipe to its end, so that the child never waits for us, and keeps what fits. */
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

static int program_ended(int status, struct err *err)
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

static int read_report(char *text, int status, struct err *err)
{
	char *message = strchr(text, ' ');
	uint64_t code;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (message)
		*message++ = '\0';
	if (!message || str_to_u64(text, &code) < 0 || code == 0 || code > ERRNO_MAX)
		return program_ended(status, err);
	for (char *c = message; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return err_set(err, -(int)code, "%s", message);
}

static void close_pipe(int (*fds)[2])
{
	cleanup_close_fn(&(*fds)[0]);
	cleanup_close_fn(&(*fds)[1]);
}

static int read_sizes(char *text, const struct flatten_input *in, struct err *err)
{
	char *rest = text;

	for (size_t i = 0; i < in->n_layers; i++) {
		const char *size = strsep(&rest, " ");

		if (!rest || str_to_u64(size, &in->layers[i].size_bytes) < 0 ||
		    in->layers[i].size_bytes > UNPACK_MAX_BYTES)
			return err_set(err, -EIO, "moat-unpack did not say how large layers are");
	}
	return 0;
}

static int job_add_limits(struct job *j, const struct flatten_limits *limits)
{
	return strv_addf(&j->argv, "%llu,%u,%llu,%u", (unsigned long long)limits->max_bytes,
			 limits->max_entries, (unsigned long long)limits->max_memory,
			 limits->ratio_max);
}

static int start_flatten(const struct flatten_input *in, struct job *j, pid_t *ret)
{
	int r = job_add_number(j, CHILD_STATUS_FD);

	if (r == 0)
		r = job_add_number(j, CHILD_OUT_FD);
	if (r == 0)
		r = job_add_limits(j, &in->limits);
	for (size_t i = 0; i < in->n_layers && r == 0; i++)
		r = job_add_layer(j, &in->layers[i]);
	return r == 0 ? job_start(j, ret) : r;
}

int unpack_start(const char *program, const struct flatten_input *in, int out_fd,
		 struct unpack *ret, struct err *err)
{
	cleanup(close_pipe) int status_fds[2] = { -1, -1 };
	cleanup(job_reset) struct job j = { 0 };
	pid_t pid;
	int r = pipe2(status_fds, O_CLOEXEC) < 0 ? -errno : 0;

	if (r == 0)
		r = job_init(&j, program, in->n_layers, status_fds[1], out_fd);
	if (r == 0)
		r = start_flatten(in, &j, &pid);
	if (r < 0)
		return err_errno(err, r, "cannot start %s", program);
	*ret = (struct unpack){ .pid = pid, .status_fd = take_fd(&status_fds[0]) };
	return 0;
}

int unpack_wait(struct unpack *u, const struct flatten_input *in, struct err *err)
{
	char text[UNPACK_STATUS_MAX];
	int status, r;

	read_status(u->status_fd, text);
	fd_close(&u->status_fd);
	r = child_await(u->pid, &status);
	if (r < 0)
		return err_errno(err, r, "waiting for moat-unpack");
	r = read_report(text, status, err);
	return r == 0 ? read_sizes(text, in, err) : r;
}

/* The child writes its report when it ends, and nothing before. */
bool unpack_ends_within(const struct unpack *u, int msec)
{
	return fd_wait(u->status_fd, POLLIN, msec) != 0;
}

void unpack_kill(struct unpack *u)
{
	int status;

	kill(u->pid, SIGKILL);
	fd_close(&u->status_fd);
	(void)child_await(u->pid, &status);
}

static int start_inflate(const char *program, int in_fd, int status_fd, int out_fd, pid_t *ret)
{
	cleanup(job_reset) struct job j = { 0 };
	int r = job_init(&j, program, 1, status_fd, out_fd);

	if (r == 0)
		r = strv_add(&j.argv, UNPACK_INFLATE);
	for (int fd = CHILD_STATUS_FD; r == 0 && fd <= CHILD_LAYER_FD; fd++)
		r = job_add_number(&j, fd);
	if (r < 0)
		return r;
	j.fds[j.n_fds++] = in_fd;
	return job_start(&j, ret);
}

int unpack_inflate(const char *program, int in_fd, struct inflate *ret, struct err *err)
{
	cleanup(close_pipe) int status_fds[2] = { -1, -1 }, out_fds[2] = { -1, -1 };
	pid_t pid;
	int r = pipe2(status_fds, O_CLOEXEC) < 0 || pipe2(out_fds, O_CLOEXEC) < 0 ? -errno : 0;

	if (r == 0)
		r = start_inflate(program, in_fd, status_fds[1], out_fds[1], &pid);
	if (r < 0)
		return err_errno(err, r == -ENOENT ? -EIO : r, "cannot start %s", program);
	*ret = (struct inflate){ .pid = pid,
				 .fd = take_fd(&out_fds[0]),
				 .status_fd = take_fd(&status_fds[0]) };
	return 0;
}

int unpack_inflate_end(struct inflate *in, struct err *err)
{
	char text[UNPACK_STATUS_MAX];
	int status, r;

	read_status(in->status_fd, text);
	r = child_await(in->pid, &status);
	if (r < 0)
		return err_errno(err, r, "waiting for moat-unpack");
	return read_report(text, status, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The program has the end of a pipe by which it says that it is ready, and
 * one that tells it when this process has ended; for a program that does not look, the kernel does.
 * It is started in moat's user namespace, where its user is 0 and may enter the network namespace
 * and shut itself in; to the host it is the user, as we are.
 */
#include "net/outside/speaker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

struct speaker {
	const struct speaker_kind *kind;
	speaker_fn fn;
	void *arg;
	pid_t pid; /* 0: the program has ended */
	int exit_fd, ready_fd;
	struct source *child, *ready;
};

static int speaker_ended(struct source *source, pid_t pid, int status, void *arg)
{
	struct speaker *s = arg;

	(void)source;
	(void)pid;
	log_warning("%s has ended (status %x)", s->kind->program, (unsigned)status);
	s->pid = 0;
	s->fn(SPEAKER_ENDED, s->arg);
	return 0;
}

static int became_ready(struct source *source, int fd, uint32_t events, void *arg)
{
	struct speaker *s = arg;
	char byte;
	/* The end of the pipe without a byte means that it has ended, which its process's end
	 * tells. */
	bool ready = read(fd, &byte, 1) == 1;

	(void)events;
	source_free(source);
	s->ready = NULL;
	if (ready)
		s->fn(SPEAKER_READY, s->arg);
	return 0;
}

/* Runs in the child. */
static void execute_speaker(const struct speaker_setup *setup, const int ends[SPEAKER_FD_KINDS],
			    char *const argv[], pid_t parent)
{
	const struct speaker_kind *kind = setup->kind;
	static char path[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = { path, NULL };
	sigset_t none;
	int high[SPEAKER_FDS_MAX];

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* pasta of 2023 takes an ignored SIGPIPE for a failure. */
	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < kind->n_fds; i++)
		high[i] = fcntl(ends[kind->fds[i]], F_DUPFD_CLOEXEC, SPEAKER_FDS_MAX);
	if (setns(setup->user_fd, CLONE_NEWUSER) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    getppid() != parent)
		_exit(126);
	for (int i = 0; i < kind->n_fds; i++)
		if (high[i] < 0 || dup2(high[i], i) < 0)
			_exit(126);
	execve(setup->path, argv, environment);
	_exit(127);
}

static int spawn_speaker(struct speaker *s, const struct speaker_setup *setup, int exit_end,
			 int ready_end)
{
	cleanup_strv char **argv = NULL;
	cleanup_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int ends[SPEAKER_FD_KINDS] = { [SPEAKER_FD_NULL] = null_fd,
					     [SPEAKER_FD_LOG] = STDERR_FILENO,
					     [SPEAKER_FD_EXIT] = exit_end,
					     [SPEAKER_FD_READY] = ready_end,
					     [SPEAKER_FD_NAMESPACE] = setup->namespace_fd };
	pid_t pid, parent = getpid();

	if (null_fd < 0)
		return -errno;
	if (setup->kind->arguments(setup, &argv) < 0)
		return -ENOMEM;
	pid = fork();
	if (pid == 0)
		execute_speaker(setup, ends, argv, parent);
	if (pid < 0)
		return -errno;
	s->pid = pid;
	return 0;
}

static int begin_speaker(struct speaker *s, const struct speaker_setup *setup)
{
	cleanup_close int exit_end = -1, ready_end = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	exit_end = fds[0];
	s->exit_fd = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->ready_fd = fds[0];
	ready_end = fds[1];
	r = spawn_speaker(s, setup, exit_end, ready_end);
	if (r == 0)
		r = loop_add_child(setup->loop, s->pid, speaker_ended, s, &s->child);
	if (r == 0)
		r = loop_add_io(setup->loop, s->ready_fd, EPOLLIN, became_ready, s, &s->ready);
	return r;
}

int speaker_start(const struct speaker_setup *setup, struct speaker **ret)
{
	struct speaker *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct speaker){ .kind = setup->kind,
			       .fn = setup->fn,
			       .arg = setup->arg,
			       .exit_fd = -1,
			       .ready_fd = -1 };
	r = begin_speaker(s, setup);
	if (r < 0) {
		speaker_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void speaker_free(struct speaker *s)
{
	if (!s)
		return;
	if (s->pid > 0)
		child_kill(s->pid);
	source_free(s->child);
	source_free(s->ready);
	fd_close(&s->ready_fd);
	fd_close(&s->exit_fd);
	free(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  slirp4netns watches a pipe, and ends when the other end of it does; by
 * another one it says that it is ready.  It is started in moat's user namespace, where its user is
 * 0 and may enter the network namespace and shut itself in; to the host it is the user, as we are.
 */
#include "net/outside/slirp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/ip.h"
#include "base/log.h"

/* Where its descriptors are: to be told to end by, to say that it is ready, the namespace. */
enum { EXIT_FD = 3, READY_FD, NAMESPACE_FD, FDS_END };

struct slirp {
	slirp_fn fn;
	void *arg;
	pid_t pid; /* 0: it has ended */
	int exit_fd, ready_fd;
	struct source *child, *ready;
};

static int ended(struct source *source, pid_t pid, int status, void *arg)
{
	struct slirp *s = arg;

	(void)source;
	(void)pid;
	log_warning("slirp4netns has ended (status %x)", (unsigned)status);
	s->pid = 0;
	s->fn(SLIRP_ENDED, s->arg);
	return 0;
}

static int became_ready(struct source *source, int fd, uint32_t events, void *arg)
{
	struct slirp *s = arg;
	char byte;
	/* Without a byte it has ended, which is told by its process. */
	bool ready = read(fd, &byte, 1) == 1;

	(void)events;
	source_free(source);
	s->ready = NULL;
	if (ready)
		s->fn(SLIRP_READY, s->arg);
	return 0;
}

/* Runs in the child. */
static void execute(const struct slirp_setup *setup, const int fds[FDS_END], char *const argv[])
{
	static char path[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = { path, NULL };
	sigset_t none;
	int high[FDS_END];

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < FDS_END; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FDS_END);
	if (setns(setup->user_fd, CLONE_NEWUSER) < 0)
		_exit(126);
	for (int i = 0; i < FDS_END; i++)
		if (high[i] < 0 || dup2(high[i], i) < 0)
			_exit(126);
	execve(setup->program, argv, environment);
	_exit(127);
}

static int spawn(struct slirp *s, const struct slirp_setup *setup, int exit_end, int ready_end)
{
	char cidr[IP_TEXT_MAX + 8], mtu[16], device[32];
	char *const argv[] = { (char[]){ "slirp4netns" },
			       (char[]){ "--exit-fd=3" },
			       (char[]){ "--ready-fd=4" },
			       mtu,
			       cidr,
			       (char[]){ "--enable-ipv6" },
			       (char[]){ "--disable-host-loopback" },
			       (char[]){ "--disable-dns" },
			       (char[]){ "--enable-sandbox" },
			       (char[]){ "--enable-seccomp" },
			       (char[]){ "--netns-type=path" },
			       (char[]){ "/proc/self/fd/5" },
			       device,
			       NULL };
	cleanup_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[FDS_END] = { null_fd,  null_fd,	STDERR_FILENO,
				   exit_end, ready_end, setup->namespace_fd };
	pid_t pid;

	snprintf(cidr, sizeof(cidr), "--cidr=%s", setup->cidr);
	snprintf(mtu, sizeof(mtu), "--mtu=%u", setup->mtu);
	snprintf(device, sizeof(device), "%s", setup->device);
	pid = null_fd < 0 ? -1 : fork();
	if (pid == 0)
		execute(setup, fds, argv);
	if (pid < 0)
		return -errno;
	s->pid = pid;
	return 0;
}

static int begin(struct slirp *s, const struct slirp_setup *setup)
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
	r = spawn(s, setup, exit_end, ready_end);
	if (r == 0)
		r = loop_add_child(setup->loop, s->pid, ended, s, &s->child);
	if (r == 0)
		r = loop_add_io(setup->loop, s->ready_fd, EPOLLIN, became_ready, s, &s->ready);
	return r;
}

int slirp_start(const struct slirp_setup *setup, struct slirp **ret)
{
	struct slirp *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct slirp){ .fn = setup->fn, .arg = setup->arg, .exit_fd = -1, .ready_fd = -1 };
	r = begin(s, setup);
	if (r < 0) {
		slirp_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void slirp_free(struct slirp *s)
{
	if (!s)
		return;
	if (s->pid > 0 && kill(s->pid, SIGKILL) == 0)
		waitpid(s->pid, NULL, 0);
	source_free(s->child);
	source_free(s->ready);
	fd_close(&s->ready_fd);
	fd_close(&s->exit_fd);
	free(s);
}

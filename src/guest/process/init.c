/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A program that is PID 1 gets no signal it does not handle, and becomes the
 * parent of every orphan.  Many programs are not made for that, so this init takes their place: it
 * blocks all signals and takes them one by one; at SIGCHLD it reaps, and all others it passes to
 * the command. When the command has ended, so does this, and the kernel kills what is left.
 *
 * It is a fork of moat-init with the user, capabilities and filter of the container, and holds
 * nothing but its standard descriptors.
 */
#include "guest/process/init.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/macro.h"

/* All signals but those that a bug in this code would raise. */
static void fill_set(sigset_t *set)
{
	static const int own[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };

	sigfillset(set);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		sigdelset(set, own[i]);
}

/* Return: has the command ended, and @ret_status how? */
static bool reap_children(pid_t command, int *ret_status)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		ended = true;
		*ret_status = status;
	}
	return ended;
}

static _Noreturn void end_as(int status)
{
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* Where a filter keeps signals from being read, only waits for the command's end. */
static _Noreturn void only_wait(pid_t command)
{
	int status = 0;

	(void)child_await(command, &status);
	end_as(status);
}

static _Noreturn void serve_as_init(pid_t command, const sigset_t *set)
{
	int status = 0;

	for (;;) {
		int signo = sigwaitinfo(set, NULL);

		if (signo < 0 && errno != EINTR)
			only_wait(command);
		if (signo == SIGCHLD) {
			if (reap_children(command, &status))
				end_as(status);
		} else if (signo > 0 && signo != SIGTTIN && signo != SIGTTOU) {
			kill(command, signo);
		}
	}
}

int init_split(int status_fd, bool has_tty, struct err *err)
{
	sigset_t set, none;
	pid_t pid;

	fill_set(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	pid = fork();
	if (pid < 0)
		return err_errno(err, -errno, "start the command below the init");
	if (pid > 0) {
		close(status_fd);
		prctl(PR_SET_NAME, "moat-init");
		serve_as_init(pid, &set);
	}
	/* A process group of its own, so that a key of the terminal does not reach it twice. */
	if (setpgid(0, 0) < 0 || (has_tty && tcsetpgrp(STDIN_FILENO, getpid()) < 0))
		return err_errno(err, -errno, "give the command the terminal");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t saved_mask;

/* Is the signal about this process itself, or one that cannot be caught? */
static bool is_own(int signo)
{
	switch (signo) {
	case SIGCHLD:
	case SIGPIPE:
	case SIGWINCH:
	case SIGURG:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGCONT:
	case SIGKILL:
	case SIGSTOP:
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
	case SIGSYS:
	case SIGABRT:
		return true;
	default:
		return false;
	}
}

static bool ends_program(int signo)
{
	return signo == SIGHUP || signo == SIGINT || signo == SIGQUIT || signo == SIGTERM;
}

int signals_catch(bool all, bool winch, int *ret_fd, struct err *err)
{
	struct sigaction hup;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (int s = 1; s <= SIGRTMAX && s < 64; s++)
		if (all ? !is_own(s) : ends_program(s))
			sigaddset(&set, s);
	if (winch)
		sigaddset(&set, SIGWINCH);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN)
		sigdelset(&set, SIGHUP);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_errno(err, -errno, "catch signals");
	if (sigprocmask(SIG_BLOCK, &set, &saved_mask) < 0) {
		int r = -errno;

		close(fd);
		return err_errno(err, r, "block signals");
	}
	*ret_fd = fd;
	return 0;
}

int signals_read(int fd)
{
	struct signalfd_siginfo info;
	ssize_t n = read(fd, &info, sizeof(info));

	return n == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

void signals_release(int fd)
{
	if (fd < 0)
		return;
	close(fd);
	(void)sigprocmask(SIG_SETMASK, &saved_mask, NULL);
}

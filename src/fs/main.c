/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-fs is told its shares when it is started, and narrows itself before it
 * hears from anybody.  On its control socket moat-shim passes it the port of the machine that the
 * container is in; another one follows where that machine did not come up and another takes its
 * place.  When the socket ends, so does moat-fs, with whatever the guest has left open.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix.h"
#include "fs/errand-run.h"
#include "fs/jail.h"
#include "fs/names.h"
#include "fs/server.h"

struct program {
	struct fs_share shares[FS_SHARES_MAX];
	size_t n_shares;
	int self_fd, ended_fd;
	bool bounded;
	struct server *server;
};

static int read_arguments(int argc, char **argv, struct program *p, struct err *err)
{
	if (argc < 2 || argc - 1 > (int)FS_SHARES_MAX)
		return err_set(err, -EINVAL, "usage: moat-fs rw|ro...  (started by moatd)");
	for (int i = 1; i < argc; i++) {
		bool read_only = streq(argv[i], FS_WORD_READ_ONLY);

		if (!read_only && !streq(argv[i], FS_WORD_WRITABLE))
			return err_set(err, -EINVAL, "a share is rw or ro, not \"%s\"", argv[i]);
		p->shares[p->n_shares] =
			(struct fs_share){ .fd = FS_FIRST_SHARE_FD + (int)p->n_shares,
					   .read_only = read_only };
		if (fd_set_cloexec(p->shares[p->n_shares].fd) < 0)
			return err_set(err, -EBADF, "share %d has no descriptor", i - 1);
		p->n_shares++;
	}
	return fd_set_cloexec(FS_CONTROL_FD) < 0
		       ? err_set(err, -EBADF, "there is no control socket")
		       : 0;
}

/* Serves a port.  The guest of an earlier one has ended. */
static int serve_port(struct program *p, int port, struct err *err)
{
	struct server_options o = { .port = port,
				    .ended_fd = p->ended_fd,
				    .self_fd = p->self_fd,
				    .shares = p->shares,
				    .bounded = p->bounded,
				    .n_shares = p->n_shares };

	server_free(take_ptr(p->server));
	return server_new(&o, &p->server, err);
}

/* Return: false when the socket has ended. */
static bool take_message(struct program *p)
{
	char text[sizeof(FS_PORT_MESSAGE)];
	cleanup_close int port = -1;
	ssize_t n = unix_recv(FS_CONTROL_FD, text, sizeof(text), &port);
	struct err err;

	if (n <= 0)
		return n == -EINTR;
	if (port < 0 || n != sizeof(text) || memcmp(text, FS_PORT_MESSAGE, sizeof(text)) != 0) {
		log_warning("a message on the control socket is not understood");
		return true;
	}
	if (serve_port(p, port, &err) < 0) {
		log_error("%s", err.msg);
		return false;
	}
	(void)take_fd(&port);
	return true;
}

/* Closes a port that has ended, and the guest's end, which finds nobody there.  Another may follow.
 */
static void end_port(struct program *p)
{
	uint64_t times;

	(void)!read(p->ended_fd, &times, sizeof(times));
	server_free(take_ptr(p->server));
}

static void run_server(struct program *p)
{
	struct pollfd fds[] = { { .fd = FS_CONTROL_FD, .events = POLLIN },
				{ .fd = p->ended_fd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			end_port(p);
		if (fds[0].revents && !take_message(p))
			return;
	}
}

int main(int argc, char **argv)
{
	struct program p = { .self_fd = -1, .ended_fd = -1, .bounded = geteuid() != 0 };
	struct err err;
	int r = fd_open_std();

	signal(SIGPIPE, SIG_IGN);
	if (r < 0)
		return EXIT_FAILURE;
	if (errand_is(argc, argv))
		return errand_run(argv);
	r = read_arguments(argc, argv, &p, &err);
	if (r == 0)
		r = jail_ids(&err);
	if (r == 0)
		r = jail_enter(p.shares, p.n_shares, &p.self_fd, &err);
	p.ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r == 0 && p.ended_fd < 0)
		r = err_errno(&err, -errno, "eventfd");
	if (r < 0) {
		log_error("moat-fs: %s", err.msg);
		return EXIT_FAILURE;
	}
	run_server(&p);
	/* Files that the guest has left open are closed with the process, which does not wait for a
	 * disk that does not answer. */
	_exit(EXIT_SUCCESS);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat-net FOLDER: the keeper of moat's network namespace (docs/NET.md).
 *
 * Descriptor 3 is the listening control socket, descriptor 4, where there is one, leads to the
 * namespace of a moat-net before this one.  Of its two processes the first stays in the host's
 * network namespace, and the second is in moat's; each ends when the other does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/unix.h"
#include "jail/attacks.h"
#include "jail/identity.h"
#include "net/inside/enter.h"
#include "net/inside/keeper.h"
#include "net/inside/turns.h"
#include "net/outside/outside.h"

#define LISTEN_FD    3
#define NAMESPACE_FD 4

/* The socket pairs between the two processes; each process has one end of each. */
struct wires {
	int wire[2], ask[2];
};

enum side { OUTSIDE, INSIDE };

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int wires_make(struct wires *w, struct err *err)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;

	if (socketpair(AF_UNIX, type, 0, w->wire) < 0 || socketpair(AF_UNIX, type, 0, w->ask) < 0)
		return err_errno(err, -errno, "socket pair");
	return 0;
}

/* Keeps one side's ends and closes the other's, so that each side sees the other end. */
static void wires_keep(struct wires *w, enum side side)
{
	fd_close(&w->wire[!side]);
	fd_close(&w->ask[!side]);
}

static int run_inside(struct wires *w, uid_t uid, bool adopted, struct err *err)
{
	const struct keeper_start start = { .listen_fd = LISTEN_FD,
					    .owner = geteuid(),
					    .adopted = adopted,
					    .wire = w->wire[INSIDE],
					    .ask = w->ask[INSIDE] };
	int r;

	wires_keep(w, INSIDE);
	if (adopted)
		close(NAMESPACE_FD);
	/* Whoever waits for an answer looks at this process (net/client.c). */
	r = unix_listen_on(LISTEN_FD);
	if (r < 0)
		return err_errno(err, r, "listen");
	turns_short();
	r = enter_narrow(uid, err);
	return r == 0 ? keeper_run(&start, err) : r;
}

/* Gives up rights of the outside.  As root: be a user without files, with rights over the host's
 * network alone.  Without root, the programs started from here have to enter namespaces of their
 * own, with the user's rights. */
static int narrow_outside(uid_t uid, struct err *err)
{
	static const int caps[] = { CAP_NET_ADMIN };
	int r;

	if (geteuid() != 0)
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
			       ? err_errno(err, -errno, "no_new_privs")
			       : 0;
	r = identity_keep(uid, caps, ARRAY_SIZE(caps), err);
	return r == 0 ? attacks_refuse(err) : r;
}

static int run_outside(struct wires *w, const char *folder, uid_t uid, bool adopted,
		       struct err *err)
{
	const struct outside_start start = { .folder = folder,
					     .wire = w->wire[OUTSIDE],
					     .ask = w->ask[OUTSIDE],
					     .as_root = geteuid() == 0 };
	int r;

	wires_keep(w, OUTSIDE);
	close(LISTEN_FD);
	if (adopted)
		close(NAMESPACE_FD);
	r = narrow_outside(uid, err);
	return r == 0 ? outside_run(&start, err) : r;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct wires wires;
	bool adopted;
	uid_t uid;
	int r;

	if (fd_open_std() < 0)
		return 1;
	if (argc != 2 || !is_open(LISTEN_FD)) {
		fprintf(stderr, "usage: moat-net FOLDER, with a listening socket as descriptor 3; "
				"started by moatd\n");
		return 2;
	}
	/* Folders of the new root are for another user, whatever moatd's mask is. */
	umask(022);
	adopted = is_open(NAMESPACE_FD);
	uid = geteuid() == 0 ? identity_own_uid() : 0;
	r = wires_make(&wires, &err);
	if (r == 0)
		r = enter_fork(adopted ? NAMESPACE_FD : -1, &err);
	if (r == 1)
		r = run_outside(&wires, argv[1], uid, adopted, &err);
	else if (r == 0)
		r = run_inside(&wires, uid, adopted, &err);
	if (r == 0)
		return 0;
	log_error("%s", err.msg);
	if (is_open(LISTEN_FD))
		server_refuse(LISTEN_FD, &err);
	return 1;
}

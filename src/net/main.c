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
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "jail/identity.h"
#include "net/inside/enter.h"
#include "net/inside/keeper.h"

#define LISTEN_FD    3
#define NAMESPACE_FD 4

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* @uid: to be, as root; in a user namespace there is only 0 */
static int run_inside(struct keeper_start *start, uid_t uid, struct err *err)
{
	int r = enter_narrow(uid, err);

	return r == 0 ? keeper_run(start, err) : r;
}

int main(int argc, char **argv)
{
	(void)argv; /* the folder is there to be seen in a list of processes */
	struct err err = { 0 };
	int namespace_fd, r;
	uid_t uid;

	if (fd_open_std() < 0)
		return 1;
	if (argc != 2 || !is_open(LISTEN_FD)) {
		fprintf(stderr, "usage: moat-net FOLDER, with a listening socket as descriptor 3; "
				"started by moatd\n");
		return 2;
	}
	/* Folders of the root that is made are for another user, whatever moatd's mask is. */
	umask(022);
	namespace_fd = is_open(NAMESPACE_FD) ? NAMESPACE_FD : -1;
	uid = geteuid() == 0 ? identity_own_uid() : 0;
	r = enter_fork(namespace_fd, &err);
	if (r == 1) {
		pause();
		return 0;
	}
	if (r == 0)
		r = run_inside(&(struct keeper_start){ .listen_fd = LISTEN_FD,
						       .owner = geteuid(),
						       .adopted = namespace_fd >= 0 },
			       uid, &err);
	if (r < 0)
		log_error("%s", err.msg);
	return r < 0 ? 1 : 0;
}

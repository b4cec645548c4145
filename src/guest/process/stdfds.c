/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/process/stdfds.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

void stdfds_close_theirs(struct stdfds *s)
{
	for (int i = 0; i < 3; i++)
		fd_close(&s->theirs[i]);
}

void stdfds_close(struct stdfds *s)
{
	stdfds_close_theirs(s);
	for (int i = 0; i < 3; i++)
		fd_close(&s->ours[i]);
}

static int open_pipe(struct stdfds *s, int i)
{
	int fds[2], ours = i == 0; /* index of our end: for stdin, the one to write to */

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->ours[i] = fds[ours];
	s->theirs[i] = fds[!ours];
	return fd_set_nonblock(s->ours[i], true);
}

static int open_pipes(const struct oci_process *p, struct stdfds *s)
{
	int r = 0;

	if (p->open_stdin) {
		r = open_pipe(s, 0);
	} else {
		s->theirs[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (s->theirs[0] < 0)
			r = -errno;
	}
	for (int i = 1; r == 0 && i < 3; i++)
		r = open_pipe(s, i);
	return r;
}

static int open_terminal(const struct oci_process *p, int pts_fd, struct stdfds *s)
{
	struct winsize size = { .ws_row = p->rows, .ws_col = p->cols };
	int locked = 0;

	s->ours[0] = openat(pts_fd, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (s->ours[0] < 0 || ioctl(s->ours[0], TIOCSPTLCK, &locked) < 0 ||
	    ioctl(s->ours[0], TIOCGPTN, &s->tty) < 0 || ioctl(s->ours[0], TIOCSWINSZ, &size) < 0)
		return -errno;
	s->theirs[0] = ioctl(s->ours[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s->theirs[0] < 0)
		return -errno;
	s->ours[1] = fcntl(s->ours[0], F_DUPFD_CLOEXEC, 3);
	return s->ours[1] < 0 ? -errno : 0;
}

int stdfds_open(const struct oci_process *p, int pts_fd, struct stdfds *ret, struct err *err)
{
	struct stdfds s = { .ours = { -1, -1, -1 }, .theirs = { -1, -1, -1 }, .tty = -1 };
	int r = p->terminal ? open_terminal(p, pts_fd, &s) : open_pipes(p, &s);

	if (r < 0) {
		stdfds_close(&s);
		return err_errno(err, r, p->terminal ? "make a terminal" : "make pipes");
	}
	*ret = s;
	return 0;
}

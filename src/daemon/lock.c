/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/unix.h"

/* One that ends waits for half a minute for a moat-net that hangs. */
#define LOCK_TIMEOUT_USEC (60 * USEC_PER_SEC)
#define LOCK_STEP_USEC	  (20 * USEC_PER_MSEC)

/* The holder of the lock, as its file says: process id and socket, a line each. */
struct holder {
	char pid[32];
	char socket[PATH_MAX]; /* "": not known */
};

static void read_holder(int fd, struct holder *ret)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char *rest, *pid, *socket;

	*ret = (struct holder){ .pid = "unknown" };
	if (lseek(fd, 0, SEEK_SET) < 0 || fd_read_file(fd, 2 * PATH_MAX, &text) < 0 ||
	    text.len == 0)
		return;
	rest = text.data;
	pid = strsep(&rest, "\n");
	socket = strsep(&rest, "\n");
	/* Without a line's end it is half-written. */
	if (!socket || !rest)
		return;
	snprintf(ret->pid, sizeof(ret->pid), "%.31s", pid);
	snprintf(ret->socket, sizeof(ret->socket), "%.*s", PATH_MAX - 1, socket);
}

static bool holder_answers(const struct holder *h)
{
	cleanup_close int peer = -1;

	return *h->socket && unix_connect(h->socket, SOCK_STREAM, &peer) == 0;
}

static int refuse_root(const char *root, const struct holder *h, struct err *err)
{
	if (!*h->socket)
		return err_set(err, -EBUSY, "another moatd runs on %s: process %s", root, h->pid);
	return err_set(
		err, -EBUSY,
		"another moatd runs on %s: process %s, which serves %s; to use that one, set "
		"MOAT_HOST=unix://%s, or XDG_RUNTIME_DIR as it was when it was started",
		root, h->pid, h->socket, h->socket);
}

/*
 * Waits for a moatd that was told to end: it gives up its socket first, and the lock when all it
 * wrote is on the disk.
 */
static int take_lock(int fd, const char *root, struct err *err)
{
	uint64_t deadline = clock_mono_usec() + LOCK_TIMEOUT_USEC;
	struct holder holder;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_errno(err, -errno, "%s/moatd.lock", root);
		read_holder(fd, &holder);
		if (holder_answers(&holder) || clock_mono_usec() > deadline)
			return refuse_root(root, &holder, err);
		usleep(LOCK_STEP_USEC);
	}
	return 0;
}

int lock_root(const char *root, const char *socket, struct err *err)
{
	cleanup_free char *path = str_printf("%s/moatd.lock", root);
	cleanup_free char *text = str_printf("%d\n%s\n", (int)getpid(), socket);
	cleanup_close int fd = -1;
	int r;

	if (!path || !text)
		return err_nomem(err);
	r = path_mkdir_p(root, 0700);
	if (r < 0)
		return locate_root_failed(root, r, err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, -errno, "%s", path);
	r = take_lock(fd, root, err);
	if (r < 0)
		return r;
	/* Only those who find the lock taken need this text: on a full disk moatd starts without.
	 */
	r = fd_pwrite_all(fd, text, strlen(text), 0);
	if (r < 0 || ftruncate(fd, (off_t)strlen(text)) < 0)
		log_warning("%s does not say who holds it: %s", path, strerror(r < 0 ? -r : errno));
	(void)take_fd(&fd); /* held as long as the process lives */
	return 0;
}

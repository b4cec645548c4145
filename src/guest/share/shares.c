/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  All shares of a container are one FUSE file system, with a folder (or a
 * file) for each, named by its number.  It is mounted where the container is not, so that the
 * container can reach nothing but what is bound to its places, and not below the container's own
 * folder, which is removed with everything in it.
 *
 * The server says HELLO before anything is sent; bytes on the port before that were left by an
 * earlier container.
 */
#include "guest/share/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/macro.h"
#include "guest/share/pass.h"
#include "guest/share/wake.h"

#define HELLO_USEC     (10 * USEC_PER_SEC)
#define READ_AHEAD_KIB "1024" /* a request costs more than the copy */

struct shares {
	char dir[16]; /* "/s/PLACE" */
	bool is_mounted;
	struct pass *pass;
	struct waker *waker;
};

/* Waits for the server's HELLO.  Return: 0; -EAGAIN; -EPIPE; -errno. */
static int take_hello(int port_fd, char *window, size_t *have)
{
	struct shares_hello hello = { .head = { sizeof(hello), SHARES_HELLO, 0 } };

	memcpy(hello.magic, SHARES_MAGIC, SHARES_MAGIC_N);
	for (;;) {
		ssize_t n = read(port_fd, window + *have, sizeof(hello) - *have);

		if (n <= 0)
			return n == 0 ? -EPIPE : -errno;
		*have += (size_t)n;
		if (*have < sizeof(hello))
			continue;
		if (memcmp(window, &hello, sizeof(hello)) == 0)
			return 0;
		memmove(window, window + 1, --*have);
	}
}

static int await_hello(int port_fd, struct err *err)
{
	uint64_t until = clock_mono_usec() + HELLO_USEC, now;
	char window[sizeof(struct shares_hello)];
	size_t have = 0;
	int r = take_hello(port_fd, window, &have);

	while (r == -EAGAIN && (now = clock_mono_usec()) < until) {
		r = fd_wait(port_fd, POLLIN, (int)((until - now) / USEC_PER_MSEC) + 1);
		r = r < 0 ? r : take_hello(port_fd, window, &have);
	}
	if (r == -EAGAIN)
		return err_set(err, -ETIMEDOUT,
			       "the server of the container's mounts says nothing");
	return r < 0 ? err_errno(err, r, "the server of the container's mounts") : 0;
}

/* Sets the read-ahead: the kernel's default is an eighth of what one request can bring. */
static void read_ahead(const char *dir)
{
	struct statx st;
	char path[64];

	if (statx(AT_FDCWD, dir, AT_STATX_DONT_SYNC, 0, &st) < 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", st.stx_dev_major,
		 st.stx_dev_minor);
	(void)file_set_at(AT_FDCWD, path, READ_AHEAD_KIB);
}

static int mount_fuse(struct shares *s, int fuse_fd, struct err *err)
{
	char options[128];

	if (mkdir(s->dir, 0700) < 0 && errno != EEXIST)
		return err_errno(err, -errno, "make the folder for shares");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
		 fuse_fd);
	if (mount("moat", s->dir, "fuse", MS_NODEV, options) < 0)
		return err_errno(err, -errno, "mount the shares");
	s->is_mounted = true;
	read_ahead(s->dir);
	return 0;
}

/* @fuse_fd, @port_fd: taken over once a pass was made */
static int begin_passing(struct shares *s, int *fuse_fd, int *port_fd, struct err *err)
{
	int r = pass_new(*fuse_fd, *port_fd, &s->pass);

	if (r < 0)
		return err_errno(err, r, "pass the shares' requests");
	*fuse_fd = *port_fd = -1;
	s->pass->dir = s->dir;
	r = waker_new(s->pass, s->dir, &s->waker);
	if (r == 0)
		r = pass_start(s->pass);
	return r < 0 ? err_errno(err, r, "pass the shares' requests") : 0;
}

int shares_mount(unsigned place, int port, struct shares **ret, struct err *err)
{
	cleanup_close int port_fd = port, fuse_fd = -1;
	struct shares *s;
	int r = await_hello(port_fd, err);

	if (r < 0)
		return r;
	fuse_fd = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fuse_fd < 0)
		return err_errno(err, -errno,
				 "the machine's kernel cannot mount shares (CONFIG_FUSE_FS)");
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_nomem(err);
	snprintf(s->dir, sizeof(s->dir), "/s/%u", place);
	r = mount_fuse(s, fuse_fd, err);
	if (r == 0)
		r = begin_passing(s, &fuse_fd, &port_fd, err);
	if (r < 0) {
		fd_close(&fuse_fd); /* the mount is cut off now, and can be unmounted */
		(void)shares_unmount(s, NULL);
		return r;
	}
	*ret = s;
	return 0;
}

static struct mount_attr attr_of(uint64_t flags)
{
	static const struct {
		uint64_t flag, attr;
	} table[] = {
		{ MS_RDONLY, MOUNT_ATTR_RDONLY },	  { MS_NOSUID, MOUNT_ATTR_NOSUID },
		{ MS_NODEV, MOUNT_ATTR_NODEV },		  { MS_NOEXEC, MOUNT_ATTR_NOEXEC },
		{ MS_NODIRATIME, MOUNT_ATTR_NODIRATIME },
	};
	struct mount_attr a = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (flags & table[i].flag)
			a.attr_set |= table[i].attr;
	if (flags & (MS_NOATIME | MS_STRICTATIME))
		a.attr_clr |= MOUNT_ATTR__ATIME;
	if (flags & MS_NOATIME)
		a.attr_set |= MOUNT_ATTR_NOATIME;
	else if (flags & MS_STRICTATIME)
		a.attr_set |= MOUNT_ATTR_STRICTATIME;
	return a;
}

static int open_share(const struct shares *s, size_t i, uint64_t flags)
{
	const unsigned how = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;
	struct mount_attr attr = attr_of(flags);
	cleanup_close int fd = -1;
	char path[48];

	snprintf(path, sizeof(path), "%s/%zu", s->dir, i);
	fd = open_tree(AT_FDCWD, path, how);
	if (fd < 0)
		return -errno;
	if ((attr.attr_set || attr.attr_clr) &&
	    mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -errno;
	return take_fd(&fd);
}

int shares_open(const struct shares *s, const struct oci_mounts *m, int *ret_fds, struct err *err)
{
	for (size_t i = 0; i < m->n; i++) {
		ret_fds[i] = open_share(s, i, m->list[i].flags);
		if (ret_fds[i] < 0)
			return err_errno(err, ret_fds[i], "open what is to be mounted at %s",
					 m->list[i].destination);
	}
	return 0;
}

int shares_unmount(struct shares *s, struct err *err)
{
	int r = 0;

	if (!s)
		return 0;
	/* A mount that has lost its server may be gone already. */
	if (s->is_mounted && umount2(s->dir, 0) < 0 && errno != EINVAL) {
		r = err_errno(err, -errno, "unmount the shares");
		(void)umount2(s->dir, MNT_DETACH);
	}
	if (s->pass)
		pass_end(s->pass);
	waker_free(s->waker);
	pass_free(s->pass);
	(void)rmdir(s->dir);
	free(s);
	return r;
}

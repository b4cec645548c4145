/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A port appears some time after its driver is loaded, when the device has
 * answered the driver's questions; one more message announces the host's end, and until then
 * poll(2) says POLLHUP.  All this takes a few milliseconds, so moat-init looks once a millisecond.
 */
#include "guest/machine/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"

#define PORTS_DIR  "/sys/class/virtio-ports"
#define TRIES_MAX  10000
#define NAME_BYTES 64

static bool is_port(int dir_fd, const char *entry, const char *name)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	const char *rest;
	char path[280];

	snprintf(path, sizeof(path), "%s/name", entry);
	if (file_read_at(dir_fd, path, NAME_BYTES, &text) < 0 || text.len == 0)
		return false;
	rest = str_starts(text.data, name);
	return rest && streq(rest, "\n");
}

/* Return: 0; -ENOENT when the port is not there, or not yet; -errno. */
static int open_port(const char *name, int *ret_fd)
{
	cleanup_dir DIR *dir = opendir(PORTS_DIR);
	struct dirent *entry;
	char path[280];
	int fd;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && is_port(dirfd(dir), entry->d_name, name))
			break;
	}
	if (!entry)
		return -ENOENT;
	snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int port_open(const char *name, int *ret_fd, struct err *err)
{
	const struct timespec pause = { .tv_nsec = NSEC_PER_SEC / 1000 };
	cleanup_close int fd = -1;

	for (int i = 0; i < TRIES_MAX; i++) {
		int r = fd < 0 ? open_port(name, &fd) : 0;

		if (r < 0 && r != -ENOENT)
			return err_errno(err, r, "open the port %s", name);
		r = fd < 0 ? POLLHUP : fd_wait(fd, POLLOUT, 0);
		if (r >= 0 && !(r & POLLHUP)) {
			*ret_fd = take_fd(&fd);
			return 0;
		}
		nanosleep(&pause, NULL);
	}
	return err_set(err, -ETIMEDOUT,
		       fd < 0 ? "the machine has no virtio-serial port named %s"
			      : "nobody is connected to the port %s",
		       name);
}

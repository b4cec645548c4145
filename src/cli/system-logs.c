/* SPDX-License-Identifier: Apache-2.0 */
/* moat system logs */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/daemon.h"

#define BLOCK_BYTES 65536

/* Moves to the start of the last @lines lines, reading backwards. */
static int seek_tail(int fd, uint64_t lines)
{
	char block[BLOCK_BYTES];
	off_t end = lseek(fd, 0, SEEK_END), at = end;
	uint64_t seen = 0;

	while (at > 0) {
		size_t n = at < (off_t)sizeof(block) ? (size_t)at : sizeof(block);
		int r = fd_pread_exact(fd, block, n, (uint64_t)(at - (off_t)n));

		if (r < 0)
			return r;
		for (size_t i = n; i > 0; i--) {
			off_t here = at - (off_t)n + (off_t)i;

			/* The newline at the very end ends the last line. */
			if (block[i - 1] != '\n' || here == end || ++seen < lines)
				continue;
			return lseek(fd, here, SEEK_SET) < 0 ? -errno : 0;
		}
		at -= (off_t)n;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int follow_log(int fd, const char *path)
{
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];
	cleanup_close int watch = inotify_init1(IN_CLOEXEC);
	int r = 0;

	if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY) < 0)
		return -errno;
	while (r == 0) {
		r = fd_copy(fd, STDOUT_FILENO, UINT64_MAX);
		if (r == 0 && read(watch, event, sizeof(event)) < 0 && errno != EINTR)
			r = -errno;
	}
	return r;
}

int command_system_logs(struct cli *c, struct err *err)
{
	const char *tail = options_value(&c->opt, "tail");
	cleanup_close int fd = -1;
	cleanup_free char *path = NULL;
	uint64_t lines = 0;
	int r = daemon_log_path(&path, err);

	/* As in `moat logs`, a negative number means all. */
	if (r == 0 && tail && !streq(tail, "all") && str_to_u64(tail + (*tail == '-'), &lines) < 0)
		r = err_set(err, -EINVAL, "invalid number of lines \"%s\"", tail);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_errno(err, -errno, "open %s", path);
		return err->code;
	}
	if (tail && !streq(tail, "all") && *tail != '-')
		r = lines > 0 ? seek_tail(fd, lines) : (lseek(fd, 0, SEEK_END) < 0 ? -errno : 0);
	if (r == 0)
		r = options_flag(&c->opt, "follow") ? follow_log(fd, path)
						    : fd_copy(fd, STDOUT_FILENO, UINT64_MAX);
	if (r < 0) {
		err_errno(err, r, "show %s", path);
		return err->code;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/volume/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/locate.h"
#include "fs/launch.h"

#define LOG_FILE "fs.log"

int volume_server_start(const struct volume_sources *s, int dir_fd, int *ret_control_fd,
			pid_t *ret_pid, struct err *err)
{
	cleanup_free struct fs_share *shares = calloc(s->n + 1, sizeof(*shares));
	cleanup_free char *program = NULL;
	cleanup_close int log_fd = -1;
	struct fs_launch launch = { .shares = shares };
	int r = shares ? locate_program("moat-fs", &program, err) : err_nomem(err);

	if (r < 0)
		return r;
	log_fd = openat(dir_fd, LOG_FILE,
			O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log_fd < 0)
		return err_errno(err, -errno, LOG_FILE);
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].fd >= 0)
			/* A volume that is to be filled is writable here, whatever its containers
			 * may do. */
			shares[launch.n++] =
				(struct fs_share){ s->list[i].fd,
						   s->list[i].read_only && !s->list[i].copy };
	launch.program = program;
	launch.log_fd = log_fd;
	return fs_launch(&launch, ret_control_fd, ret_pid, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define FS_SHARES_MAX 256u /* for one server */

/* A folder, file or socket of the host's that is shared, open. */
struct fs_share {
	int fd; /* O_PATH; borrowed */
	bool read_only;
};

struct fs_launch {
	const char *program; /* path of moat-fs */
	const struct fs_share *shares;
	size_t n;
	int log_fd; /* its standard error; borrowed */
};

/**
 * fs_launch() - start the file server of a container
 * @ret_control_fd: owned; for moat-shim, to pass on the machine's port.  The server ends when
 *                  nobody has this any more
 * @ret_pid:        to be reaped by the caller
 *
 * Return: 0; -EINVAL; -errno with a message.
 */
int fs_launch(const struct fs_launch *l, int *ret_control_fd, pid_t *ret_pid, struct err *err);

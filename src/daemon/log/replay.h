/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/log/files.h"

/**
 * log_replay() - write a container's log to a connection
 * @containers_fd: the folder of containers
 * @o:             which records, and how
 * @until:         where to stop; NULL: at its present end
 * @fd:            a socket
 *
 * A client that is slow is waited for.
 *
 * Return: 0, also where there is no log; -EPIPE when the client is gone; -errno.
 */
int log_replay(int containers_fd, const char *id, const struct log_options *o,
	       const struct log_place *until, int fd);

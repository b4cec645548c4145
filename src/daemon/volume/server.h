/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "daemon/volume/sources.h"

/**
 * volume_server_start() - start the file server of a container
 * @s:              sources of its mounts; those without a descriptor are no shares
 * @dir_fd:         the container's folder, for its log; borrowed
 * @ret_control_fd: owned; for moat-shim
 * @ret_pid:        to be reaped by the caller; it ends when nobody has the control socket any more
 *
 * Return: 0; -errno with a message.
 */
int volume_server_start(const struct volume_sources *s, int dir_fd, int *ret_control_fd,
			pid_t *ret_pid, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

struct terminal_size {
	uint32_t rows, columns;
};

/** container_resize() - set the size of the terminal of a container's process.  Return: 0; -EBUSY
 * with docker's message when it does not run; -errno with a message. */
int container_resize(struct container *c, const struct terminal_size *size, struct err *err);

/** exec_resize() - set the size of an exec's terminal.  @client_fd: who asks.  Return: as
 * container_resize(); -EPIPE when the client is gone. */
int exec_resize(struct container *c, const char *id, const struct terminal_size *size,
		int client_fd, struct err *err);

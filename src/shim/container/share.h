/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"

struct container;

/* The file server of a container's mounts, known by its control socket. */
struct share {
	int fd;		       /* owned; -1: the container has none */
	struct source *source; /* watches for the server's end */
};

#define SHARE_NONE ((struct share){ .fd = -1 })

/** share_take() - note the container's file server.  @fd: its control socket, or -1; taken over.
 * Return: 0; -EINVAL where there are mounts and no server; with a message. */
int share_take(struct container *c, int *fd, struct err *err);

/**
 * share_pass() - hand the server the port of the container's slot, in a machine that is up.
 * Return: 0; -EPIPE where one of the two is gone; -errno; with a message.
 */
int share_pass(struct container *c, struct err *err);

/** share_end() - close the control socket, at which the server ends */
void share_end(struct share *s);

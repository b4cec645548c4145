/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct container;
struct source;

/*
 * Sockets in a container whose clients are the host's to serve: moat-init listens on them.  They
 * are made here and bound by the first process, which is where the container's files are.
 */

struct listener {
	int fd; /* owned */
	struct source *source;
};

/* A connection that the host was told of, and has not taken. */
struct call {
	uint32_t number; /* 0: none */
	int fd;
};

struct sockets {
	struct listener *listeners; /* in the order of the container's options */
	size_t n;
	struct call *calls; /* LINK_CALLS_MAX */
	uint32_t last_number;
	bool is_paused; /* as many calls are out as may be */
};

/** sockets_open() - @paths: of the container's options.  Return: 0; -errno with a message. */
int sockets_open(struct sockets *s, char *const *paths, struct err *err);

/** sockets_bind() - in the first process, in the container's root: each in a tmpfs that hides the
 * folder it is in.  Return: 0; -errno with a message. */
int sockets_bind(const struct sockets *s, char *const *paths, struct err *err);

/** sockets_listen() - the first process runs: tell the host of connections from now on.  Return: 0;
 * -errno. */
int sockets_listen(struct container *c);

/** sockets_take() - a connection that the host takes, or refuses.  Return: its descriptor, owned;
 * -ENOENT. */
int sockets_take(struct container *c, uint32_t number);

/** sockets_close() - also what the host has not taken */
void sockets_close(struct sockets *s);

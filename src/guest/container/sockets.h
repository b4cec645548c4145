/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct container;
struct source;

/*
 * Sockets in a container that the host serves: moat-init listens on them.  moat-init makes them,
 * and the first process, which sees the container's files, binds them.
 */

struct listener {
	int fd; /* owned */
	struct source *source;
};

/* A connection that the host was told of, and has not taken yet. */
struct call {
	uint32_t number; /* 0: this place is free */
	int fd;
};

struct sockets {
	struct listener *listeners; /* in the order of the container's options */
	size_t n;
	struct call *calls; /* LINK_CALLS_MAX */
	uint32_t last_number;
	bool is_paused; /* as many calls wait for the host as may */
};

/** sockets_open() - make the sockets.  @paths: of the container's options.  Return: 0; -errno with
 * a message. */
int sockets_open(struct sockets *s, char *const *paths, struct err *err);

/** sockets_bind() - bind the sockets, by the first process in the container's root: each in a tmpfs
 * that hides its folder.  Return: 0; -errno with a message. */
int sockets_bind(const struct sockets *s, char *const *paths, struct err *err);

/** sockets_listen() - the first process runs: tell the host of connections from now on.  Return: 0;
 * -errno. */
int sockets_listen(struct container *c);

/** sockets_take() - take out a connection that the host serves, or refuses.  Return: its
 * descriptor, owned; -ENOENT. */
int sockets_take(struct container *c, uint32_t number);

/** sockets_close() - close the sockets, and connections that the host has not taken */
void sockets_close(struct sockets *s);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"

/* A slirp4netns that runs.  It ends when this process does. */
struct slirp;

enum slirp_event { SLIRP_READY, SLIRP_ENDED };

/** After SLIRP_ENDED nothing more is told; slirp_free() may be called from here then. */
typedef void (*slirp_fn)(enum slirp_event event, void *arg);

struct slirp_setup {
	struct loop *loop;
	const char *program; /* its path */
	int namespace_fd;    /* the network namespace it makes its interface in */
	int user_fd;	     /* the user namespace that one belongs to */
	const char *device, *cidr;
	unsigned mtu;
	slirp_fn fn;
	void *arg;
};

/**
 * slirp_start() - start one
 * @setup: what it points to is borrowed for the call; the loop for longer
 *
 * Return: 0, @ret owned; -errno, and no process.
 */
int slirp_start(const struct slirp_setup *setup, struct slirp **ret);

/** slirp_free() - end it.  @s: NULL is accepted */
void slirp_free(struct slirp *s);

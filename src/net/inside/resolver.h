/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "net/inside/keeper.h"
#include "net/inside/names.h"

/* One dnsmasq, which answers those that are on a set of networks. */

struct resolver;

/* What all of them have in common. */
struct resolver_home {
	char *program;
	int folder_fd; /* of what they read */
};

/** resolver_new() - one that has yet to be started, by resolver_update().  @home: borrowed. Return:
 * NULL when out of memory. */
struct resolver *resolver_new(struct keeper *k, const struct resolver_home *home,
			      const struct names_view *view);

/** resolver_free() - end it; its sockets are free when this returns */
void resolver_free(struct resolver *r);

/**
 * resolver_update() - have it answer what the model says
 * @n_servers: resolvers of the host
 * @reload:    have it forget what it remembers
 *
 * What cannot be done is said in the log.
 */
void resolver_update(struct resolver *r, uint32_t n_servers, bool reload);

const struct names_view *resolver_view(const struct resolver *r);

/** resolver_is_starting() - does it run, and answer nobody yet? */
bool resolver_is_starting(const struct resolver *r);

/** resolver_pid() - 0: it does not run */
pid_t resolver_pid(const struct resolver *r);

/** resolver_replace_file() - write a file where its text is another one.  @had: that which it has;
 * owned.  Return: 1; 0: it was the same; -errno. */
int resolver_replace_file(const struct resolver_home *home, const char *name,
			  const struct buf *text, char **had);

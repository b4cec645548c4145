/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "net/inside/keeper.h"
#include "net/inside/names.h"

/* One dnsmasq, which answers the containers that are on a set of networks. */

struct resolver;

/* What all of them have in common. */
struct resolver_home {
	char *program;
	int folder_fd; /* of the files they read */
};

/** resolver_new() - make a resolver, to be started by resolver_update().  @home: borrowed.  Return:
 * NULL when out of memory. */
struct resolver *resolver_new(struct keeper *k, const struct resolver_home *home,
			      const struct names_view *view);

/** resolver_free() - end dnsmasq; its sockets are free when this returns */
void resolver_free(struct resolver *r);

/**
 * resolver_update() - have it answer by the model
 * @n_servers: resolvers of the host
 * @reload:    have it forget its cache
 *
 * Failures are logged.
 */
void resolver_update(struct resolver *r, uint32_t n_servers, bool reload);

const struct names_view *resolver_view(const struct resolver *r);

/** resolver_is_starting() - does dnsmasq run without answering yet? */
bool resolver_is_starting(const struct resolver *r);

/** resolver_pid() - get the process; 0: dnsmasq does not run */
pid_t resolver_pid(const struct resolver *r);

/** resolver_replace_file() - write a file whose text has changed.  @had: its text until now; owned.
 * Return: 1; 0: the text is the same; -errno. */
int resolver_replace_file(const struct resolver_home *home, const char *name,
			  const struct buf *text, char **had);

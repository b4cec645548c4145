/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/wire.h"
#include "net/outside/host-link.h"

/*
 * Shortcuts: the host's own connections to a published port are led to the container by the
 * kernel, past the relay.
 */

struct loop;
struct shortcuts;

/** shortcuts_new() - @link: of which this moat's is, and there is no shortcut while it has none;
 * borrowed.  @ret: owned, shortcuts_free().  Return: 0; -errno. */
int shortcuts_new(struct loop *loop, const struct host_link *link, struct shortcuts **ret);

/** shortcuts_free() - free them; those that the kernel knows stay until they end.  NULL is
 * accepted. */
void shortcuts_free(struct shortcuts *s);

/**
 * shortcuts_add() - have a shortcut for a minute
 * @listen_fd: listens at @w's address on the host, or at all addresses; borrowed
 *
 * It may first have to be tried whether shortcuts lead to moat's namespace; there is one later,
 * then, or none.
 *
 * Return: 0; -EPERM where @listen_fd does not show that the port is moat's, or @w leads to no
 * network of moat's; -EHOSTUNREACH where something on the host is in the way; -errno.
 */
int shortcuts_add(struct shortcuts *s, const struct wire_shortcut *w, int listen_fd);

/** shortcuts_doubt() - the host's rules have changed: have the next one tried first */
void shortcuts_doubt(struct shortcuts *s);

/** shortcuts_end() - have none, for connections that are made from now on.  Return: 0; -errno. */
int shortcuts_end(struct shortcuts *s);

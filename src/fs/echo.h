/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/call.h"

/* Requests of the guest's waker (docs/FS.md), which only pretend changes: the guest's watchers are
 * woken by what their own kernel does, and on the host it has happened already. */

/** echo_is_one() - does the request only pretend a change?  Requests of a kind that the waker never
 * makes do not: any guest may claim to be the waker. */
bool echo_is_one(const struct call *c);

/** echo_look_up() - find a name for the waker.  Return: as op_lookup(). */
int echo_look_up(struct call *c, struct node *dir);

/** echo_make() - show the waker an existing entry as if it had just been made.  Return: 0; -ENOENT;
 * -EEXIST where it is of another type; -errno. */
int echo_make(struct call *c, struct node *dir, mode_t type);

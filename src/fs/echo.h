/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/call.h"

/* Requests of the guest's waker (docs/FS.md), which only look like changes: its watchers are woken
 * by what its own kernel does, and on the host it is done already. */

/** echo_is_one() - does the request only look like a change?  Never one that the waker makes none
 * of: a guest may say of any that it is the waker's. */
bool echo_is_one(const struct call *c);

/** echo_look_up() - what the waker is to find under a name.  Return: as op_lookup(). */
int echo_look_up(struct call *c, struct node *dir);

/** echo_make() - an entry that is there, as if it had been made.  Return: 0; -ENOENT; -EEXIST where
 * it is of another type; -errno. */
int echo_make(struct call *c, struct node *dir, mode_t type);

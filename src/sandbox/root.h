/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "sandbox/jail.h"

/**
 * root_enter() - make a root of a jail's own, and make it this process's
 * @j:        what is to be seen in it
 * @owner:    user who will open the device nodes
 * @ret_done: false when the host does not permit it: nothing has changed then
 *
 * The process must be in a mount namespace of its own, hold CAP_SYS_ADMIN over it, and have the
 * jail's descriptors in place.
 *
 * Return: 0; -errno with a message.
 */
int root_enter(const struct jail *j, uid_t owner, bool *ret_done, struct err *err);

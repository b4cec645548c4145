/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/jail.h"

/**
 * root_find_names() - the names of the files a jail's program opens again
 * @ret: one for each such descriptor, in order; owned, strv_free()
 *
 * To be called with the jail's descriptors in place, and before the mount namespace is left in
 * which they were opened: only there do they have a name.
 *
 * Return: 0; -errno with a message.
 */
int root_find_names(const struct jail *j, char ***ret, struct err *err);

/**
 * root_enter() - make a root of a jail's own, and make it this process's
 * @j:        what is to be seen in it
 * @names:    from root_find_names()
 * @owner:    user who will open the device nodes
 * @ret_done: false when the host does not permit it: nothing has changed then
 *
 * The process must be in a mount namespace of its own and hold CAP_SYS_ADMIN over it.
 *
 * Return: 0; -errno with a message.
 */
int root_enter(const struct jail *j, char *const *names, uid_t owner, bool *ret_done,
	       struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/jail.h"

/**
 * landlock_restrict() - let this process open only what the jail shows, and reach no other process
 *
 * The descriptors of the jail must be in place, and no_new_privs set.
 *
 * Return: 0, also where the kernel has no Landlock; -errno with a message.
 */
int landlock_restrict(const struct jail *j, struct err *err);

/** landlock_version() - the kernel's Landlock ABI; 0 where there is none */
int landlock_version(void);

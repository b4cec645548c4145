/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Reasons why a host refuses user namespaces, without which an ordinary user can make no others. */

/**
 * userns_judge() - find the reason, and what to do about it
 * @max, @clone, @apparmor: content of the sysctls user.max_user_namespaces,
 *                          kernel.unprivileged_userns_clone and
 *                          kernel.apparmor_restrict_unprivileged_userns; NULL: there is none
 *
 * Pure.  Return: for people, static.
 */
const char *userns_judge(const char *max, const char *clone, const char *apparmor);

/** userns_why() - userns_judge() of this host */
const char *userns_why(void);

/**
 * userns_refused() - set the error for a user namespace that could not be made
 * @r: -errno
 *
 * Return: -EPERM where it was refused, else @r; with a message.
 */
int userns_refused(int r, struct err *err);

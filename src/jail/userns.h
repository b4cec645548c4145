/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Without root, all namespaces are made in a user namespace.  Hosts have several ways to refuse. */

/**
 * userns_judge() - which of them it is, and what to do
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
 * userns_refused() - that it could not be made
 * @r: -errno
 *
 * Return: -EPERM for what is a refusal, else @r; with a message.
 */
int userns_refused(int r, struct err *err);

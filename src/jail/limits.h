/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "jail/identity.h"
#include "jail/jail.h"

/**
 * limits_set() - let this process take no more than the jail says, whatever it does
 *
 * Return: 0; -errno with a message.
 */
int limits_set(const struct jail *j, struct err *err);

/**
 * limits_set_threads() - limit threads, which are counted by user
 *
 * To be called as the user the jail runs as.  Return: 0; -errno with a message.
 */
int limits_set_threads(const struct jail *j, const struct identity *who, struct err *err);

/** limits_threads() - how many threads a jail may have that has a user of its own */
uint32_t limits_threads(const struct jail *j);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * unpack_jail_enter() - give up rights that moat-unpack does not need; to be called while there is
 * one thread
 *
 * Return: 0; -errno with a message.
 */
int unpack_jail_enter(struct err *err);

/**
 * unpack_jail_close() - forbid all threads every system call except those for reading, writing and
 * memory
 *
 * Return: 0; -errno with a message.
 */
int unpack_jail_close(struct err *err);

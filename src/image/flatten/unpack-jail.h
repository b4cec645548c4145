/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * unpack_jail_enter() - give up what moat-unpack does not need, as long as it has one thread
 *
 * Return: 0; -errno with a message.
 */
int unpack_jail_enter(struct err *err);

/**
 * unpack_jail_close() - from here on no thread makes a system call but those for reading, writing
 * and memory
 *
 * Return: 0; -errno with a message.
 */
int unpack_jail_close(struct err *err);

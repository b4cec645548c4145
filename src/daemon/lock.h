/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * lock_root() - become the only moatd of a data root, which is made where it is missing
 * @socket: that this moatd will serve, for others who find the lock taken
 *
 * The lock is held for as long as the process lives.
 *
 * Return: 0; -EBUSY: another moatd has it, and the message says where that serves; -errno with a
 * message.
 */
int lock_root(const char *root, const char *socket, struct err *err);

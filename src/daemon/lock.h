/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * lock_root() - be the one moatd of a data root, which is made where it is missing
 * @socket: that this one will serve; for who finds the lock taken
 *
 * For as long as the process lives.  Return: 0; -EBUSY: another one has it, and the message says
 * where that one serves; -errno with a message.
 */
int lock_root(const char *root, const char *socket, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * narrow() - give up all that a moat-shim does not need once its machine is up
 *
 * Return: 0; -errno with a message.
 */
int narrow(struct err *err);

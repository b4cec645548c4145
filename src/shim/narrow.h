/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * narrow() - what a moat-shim does once its machine is up is all it can do from now on
 *
 * Return: 0; -errno with a message.
 */
int narrow(struct err *err);

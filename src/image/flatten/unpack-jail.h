/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * unpack_jail() - give up everything but the open descriptors and memory
 *
 * Limits, another user where root, no new privileges, and a filter that ends the process at any
 * system call that unpacking does not need.
 *
 * Return: 0; -errno with a message, with some of it given up.
 */
int unpack_jail(struct err *err);

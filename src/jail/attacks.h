/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* System calls that none of moat's programs makes once it is narrowed, nor any program that they
 * execute. */
extern const int attacks_always[];
extern const size_t attacks_always_n;

/**
 * attacks_refuse() - end this process, and every one it starts, when it makes one of these
 *
 * For what has to start programs of the host's, whose system calls are not known one by one.
 *
 * Return: 0; -errno with a message.
 */
int attacks_refuse(struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/** filter_load() - let this process and its threads make only the system calls of a file server.
 * no_new_privs must be set.  Return: 0; -errno with a message. */
int filter_load(struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/** signal_parse() - "SIGTERM", "term", "15", "SIGRTMIN+3" to its number.  Return: 0; -EINVAL with
 * docker's message. */
int signal_parse(const char *text, int *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl-funcs.h"

/** gotmpl_printf() - the function printf: %s %v %t %q %d %x %f with flags, width and precision.
 * Return: as gotmpl_call(). */
int gotmpl_printf(const struct call *c, json_t **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl-funcs.h"

/** gotmpl_slice() - the function slice: of a string (in bytes) or a list, from a number to another;
 * a third one bounds the second.  Return: as gotmpl_call(). */
int gotmpl_slice(const struct call *c, json_t **ret, struct err *err);

/** gotmpl_pad() - the function pad: so many spaces before a string and behind it, none where it is
 * empty.  Return: as gotmpl_call(). */
int gotmpl_pad(const struct call *c, json_t **ret, struct err *err);

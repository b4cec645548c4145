/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl-funcs.h"

/** gotmpl_slice() - the function slice: part of a string (in bytes) or a list, between two numbers;
 * a third one bounds the second.  Return: as gotmpl_call(). */
int gotmpl_slice(const struct call *c, json_t **ret, struct err *err);

/** gotmpl_pad() - the function pad: spaces before and behind a string, none where it is empty.
 * Return: as gotmpl_call(). */
int gotmpl_pad(const struct call *c, json_t **ret, struct err *err);

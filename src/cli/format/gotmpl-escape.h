/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/format/gotmpl-funcs.h"

/** gotmpl_escape() - the functions html, js and urlquery: the arguments as print joins them, with
 * characters escaped as Go does.  Return: as gotmpl_call(). */
int gotmpl_escape(const struct call *c, json_t **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"

/*
 * The part of Go's text/template that --format is used with, evaluated over JSON: fields and
 * chains of them, variables, pipes, parentheses, strings, numbers, if/else/end, range, with,
 * comments, trim markers, and the functions of gotmpl-funcs.c.
 */

#define GOTMPL_DEPTH_MAX 32u

struct gotmpl;

/** gotmpl_parse() - parse a template.  @ret: owned, gotmpl_free().  Return: 0; -EINVAL or -ENOMEM
 * with a message. */
int gotmpl_parse(const char *text, struct gotmpl **ret, struct err *err);

/** gotmpl_free() - NULL is accepted */
void gotmpl_free(struct gotmpl *t);

DEFINE_CLEANUP(struct gotmpl, gotmpl_free)
#define cleanup_gotmpl cleanup(gotmpl_free_cleanup_fn)

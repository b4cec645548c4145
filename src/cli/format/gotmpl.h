/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

/*
 * The part of Go's text/template that --format is used with, evaluated over JSON: fields and
 * chains of them, variables, pipes, parentheses, strings, numbers, if/else/end, range, with,
 * comments, trim markers, and the functions of gotmpl-funcs.c.
 */

#define GOTMPL_DEPTH_MAX 32u

struct gotmpl;

/* What a template is evaluated over. */
struct gotmpl_data {
	json_t *dot;	       /* borrowed */
	const json_t *methods; /* object: fields that {{json .}} does not show; borrowed; NULL */
	bool headers;	       /* dot has the columns' titles: functions leave them as they are */
};

/** gotmpl_parse() - @ret: owned, gotmpl_free().  Return: 0; -EINVAL or -ENOMEM with a message. */
int gotmpl_parse(const char *text, struct gotmpl **ret, struct err *err);

/** gotmpl_free() - NULL is accepted */
void gotmpl_free(struct gotmpl *t);

/**
 * gotmpl_run() - append what the template makes of the data
 *
 * A field that is not there is an error that names it, but in the condition of if and with, where
 * it is false.  Names that differ in case only are the same: "Id" is "ID" in other programs.
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int gotmpl_run(const struct gotmpl *t, const struct gotmpl_data *data, struct buf *out,
	       struct err *err);

DEFINE_CLEANUP(struct gotmpl, gotmpl_free)
#define cleanup_gotmpl cleanup(gotmpl_free_cleanup_fn)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "cli/format/gotmpl-parse.h"

/* The data that a template is evaluated over. */
struct gotmpl_data {
	json_t *dot;	       /* borrowed */
	const json_t *methods; /* object: fields that {{json .}} does not show; borrowed; NULL */
	bool headers;	       /* dot has the columns' titles, which functions return as they are */
};

/**
 * gotmpl_run() - evaluate a template over data, and append the result
 *
 * A field that is not there is an error that names it, but in the condition of if and with, where
 * it is false.  Names that differ in case only are the same: "Id" is "ID" in other programs.
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int gotmpl_run(const struct gotmpl *t, const struct gotmpl_data *data, struct buf *out,
	       struct err *err);

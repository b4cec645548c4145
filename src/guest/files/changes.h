/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/files/output.h"

/* Differences from the image.  Called in the container's folder. */

/** files_changes() - put out a letter (A, C, D), the path and a NUL for each difference.  Return:
 * 0; -errno with a message. */
int files_changes(struct files_output *out, struct err *err);

/** files_layer() - put out the differences as a layer's tar.  Return: 0; -errno with a message. */
int files_layer(struct files_output *out, unsigned pack_flags, struct err *err);

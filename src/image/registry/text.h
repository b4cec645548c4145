/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/mirror.h"
#include "image/registry/registry.h"

/**
 * registry_text() - fetch a small blob into memory, and check it
 * @ret: empty
 *
 * Return: as registry_blob(); -EFBIG, -EBADMSG when it is not what the descriptor says.
 */
int registry_text(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		  struct buf *ret, struct err *err);

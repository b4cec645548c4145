/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/store.h"

/* Checks blobs on the disk against their digests. */

enum blob_state { BLOB_RIGHT, BLOB_WRONG, BLOB_MISSING };

/**
 * blob_check() - read a blob, and remove it if its content is not its digest's
 * @p:         may be NULL
 * @ret_bytes: its length; may be NULL
 *
 * To be called without the blob's claim.
 *
 * Return: a state; -ECANCELED; -errno of reading.
 */
int blob_check(struct store *st, const struct digest *d, const struct progress *p,
	       uint64_t *ret_bytes);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/record.h"

/**
 * whole_gather() - gather all that an index leads to
 * @ret: contents_reset(), on failure too
 *
 * Reads many documents, so it is to be called without the store's lock, by a work that pins them.
 *
 * Return: 0; -ENOENT when some of it is not stored; -EBADMSG; -ENOMEM; -errno; with a message.
 */
int whole_gather(const struct store *st, const struct digest *index, struct contents *ret,
		 struct err *err);

/** record_keep_whole() - note all that the image's index leads to.  @c: from whole_gather().
 * Return: 0; -ENOMEM. */
int record_keep_whole(struct record *rec, const struct contents *c);

/** record_root() - get the document for all platforms of an image: its index, or the only manifest
 * that it ever had.  Return: 0; -ENOENT where the index is not stored, with a message. */
int record_root(const struct record *rec, struct digest *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>

#include "image/store/blob.h"
#include "image/store/claim.h"

/* Archives that a user gives: read as a stream, packed or not, and never unpacked by name. */

struct tarin {
	struct archive *archive;
	const struct progress *progress;
	uint64_t unpacked_bytes;
};

/**
 * tarin_open() - begin to read
 * @fd:  borrowed; a file, pipe or socket
 * @raw: the one member is the unpacked stream itself
 *
 * Return: 0, tarin_close(); -ENOMEM.
 */
int tarin_open(int fd, bool raw, const struct progress *progress, struct tarin *ret);
void tarin_close(struct tarin *t);

/** tarin_next() - the next member, borrowed; NULL at the end.  Return: 0; -EBADMSG for a damaged
 * archive; -errno; with a message. */
int tarin_next(struct tarin *t, struct archive_entry **ret, struct err *err);

/** tarin_store() - pin and store the current member as a blob.  @kind: of its digest.  @ret: media
 * type NULL.  Return: 0; -EBADMSG, also for a bomb; -ECANCELED; -errno; with a message. */
int tarin_store(struct tarin *t, struct work *w, enum hash_kind kind, struct oci_descriptor *ret,
		struct err *err);

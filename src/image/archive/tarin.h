/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>

#include "image/store/blob.h"
#include "image/store/claim.h"

/* Archives from users, read as streams, compressed or not; members' names never become paths. */

struct tarin {
	struct archive *archive;
	const struct progress *progress;
	uint64_t unpacked_bytes;
};

/**
 * tarin_open() - begin to read an archive
 * @fd:  borrowed; a file, pipe or socket
 * @raw: there is one member, the decompressed stream itself
 *
 * Return: 0, tarin_close(); -ENOMEM.
 */
int tarin_open(int fd, bool raw, const struct progress *progress, struct tarin *ret);
void tarin_close(struct tarin *t);

/** tarin_next() - go to the next member, borrowed; NULL at the end.  Return: 0; -EBADMSG for a
 * damaged archive; -errno; with a message. */
int tarin_next(struct tarin *t, struct archive_entry **ret, struct err *err);

/** tarin_store() - store and pin the current member as a blob.  @kind: of its digest.  @ret:
 * without media type.  Return: 0; -EBADMSG, also for a bomb; -ECANCELED; -errno; with a message. */
int tarin_store(struct tarin *t, struct work *w, enum hash_kind kind, struct oci_descriptor *ret,
		struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tar/reader.h"
#include "tar/writer.h"

/* Takes bytes off the stream, for the reader's own files. */

/** tar_bad() - report a bad archive.  Return: -EBADMSG, with a message */
int tar_bad(struct err *err, const char *what);

/** tar_take() - take at most @max bytes.  Return: bytes; 0 at the end; -errno with a message. */
ssize_t tar_take(struct tar_reader *r, void *data, size_t max, struct err *err);

/** tar_take_block() - take a block.  Return: 1; 0 when the stream ends before the first byte;
 * -EBADMSG in the middle; -errno. */
int tar_take_block(struct tar_reader *r, void *block, struct err *err);

/** tar_skip() - skip bytes.  Return: 0; -EBADMSG when the stream ends before; -errno. */
int tar_skip(struct tar_reader *r, uint64_t len, struct err *err);

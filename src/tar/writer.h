/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "tar/entry.h"

/* Writes members of a tar archive into buffers.  Pure. */

/**
 * tar_put_header() - append everything that comes before a member's data
 *
 * Plain ustar where that can say everything, with a pax header before it where not: long names,
 * large numbers, fractions of seconds, extended attributes, holes.  Data of tar_data_bytes()
 * follow, filled up with zeros to a whole block.
 *
 * Return: 0; -ENOMEM.
 */
int tar_put_header(struct buf *b, const struct tar_entry *e);

/** tar_data_bytes() - count the bytes of data that follow; for a sparse file, those of its extents,
 * one after the other */
uint64_t tar_data_bytes(const struct tar_entry *e);

/** tar_padding() - count the zeros that fill a member's data up to a whole block */
size_t tar_padding(uint64_t data_bytes);

/** tar_put_end() - append what ends an archive.  Return: 0; -ENOMEM. */
int tar_put_end(struct buf *b);

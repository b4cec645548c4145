/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Fields of binary messages: little-endian integers, and byte strings after a u32 with their
 * length.  Written by appending to a buffer, read by taking off the front of a view.
 */

/* Return: 0; -ENOMEM. */
int wire_put_u8(struct buf *b, uint8_t v);
int wire_put_u16(struct buf *b, uint16_t v);
int wire_put_u32(struct buf *b, uint32_t v);
int wire_put_u64(struct buf *b, uint64_t v);
int wire_put_bytes(struct buf *b, const void *data, size_t len);
int wire_put_str(struct buf *b, const char *s); /* NULL is written as "" */
int wire_put_strv(struct buf *b, char *const *v);

/** wire_store_u32() - write the 4 bytes of an integer into memory */
void wire_store_u32(unsigned char *ret, uint32_t v);

struct wire_view {
	const unsigned char *data;
	size_t len;
	int error; /* of the first field that could not be read: none is read after it */
};

/* Return: 0; -EBADMSG past the end, or for a NUL inside a string; -ENOMEM.  Outputs untouched on
 * failure.  Who reads several fields may look at the result of the last. */
int wire_get_u8(struct wire_view *v, uint8_t *ret);
int wire_get_u16(struct wire_view *v, uint16_t *ret);
int wire_get_u32(struct wire_view *v, uint32_t *ret);
int wire_get_u64(struct wire_view *v, uint64_t *ret);
int wire_get_bool(struct wire_view *v, bool *ret);		/* a u8 that is 0 or 1 */
int wire_get_bytes(struct wire_view *v, struct wire_view *ret); /* borrowed from @v */
int wire_get_str(struct wire_view *v, char **ret);		/* owned, never NULL */
int wire_get_strv(struct wire_view *v, char ***ret);		/* owned, strv_free() */

/** wire_end() - was everything read, and nothing left?  Return: 0; -EBADMSG; -ENOMEM. */
int wire_end(const struct wire_view *v);

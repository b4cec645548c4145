/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/* RFC 4648. */

/** base64_encode() - append the standard alphabet's text, padded.  Return: 0; -ENOMEM. */
int base64_encode(struct buf *b, const void *data, size_t len);

/**
 * base64_decode() - append the bytes that a text stands for
 *
 * Both alphabets, with or without padding, because clients send both; white space at the end is
 * fine.
 *
 * Return: 0; -EINVAL; -ENOMEM.
 */
int base64_decode(struct buf *b, const char *text);

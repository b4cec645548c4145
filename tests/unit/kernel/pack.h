/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/** pack_gzip() - @data as gzip has it, into @ret of @size bytes.  Return: how many there are. */
size_t pack_gzip(const void *data, size_t len, void *ret, size_t size);

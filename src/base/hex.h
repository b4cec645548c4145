/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** hex_encode() - @len bytes as 2 × @len lower-case digits and a NUL at @ret */
void hex_encode(const unsigned char *data, size_t len, char *ret);

/** hex_is_lower() - are the first @len characters of @s lower-case hex digits? */
bool hex_is_lower(const char *s, size_t len);

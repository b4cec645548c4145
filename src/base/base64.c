/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

int base64_encode(struct buf *b, const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;
	int r = buf_adds(b, "");

	for (size_t i = 0; r == 0 && i < len; i += 3) {
		uint32_t three = 0;
		char four[4];

		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (i + k < len ? p[i + k] : 0u);
		for (size_t k = 0; k < 4; k++, three <<= 6)
			four[k] = i + k > len ? '=' : digits[three >> 18 & 63];
		r = buf_add(b, four, sizeof(four));
	}
	return r;
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-' || c == '+')
		return 62;
	return c == '_' || c == '/' ? 63 : -1;
}

int base64_decode(struct buf *b, const char *text)
{
	size_t len = strcspn(text, "=\r\n ");
	unsigned bits = 0, have = 0;

	if (strspn(text + len, "=\r\n ") != strlen(text + len))
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		int v = sextet(text[i]);

		if (v < 0)
			return -EINVAL;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		have += 6;
		if (have >= 8) {
			unsigned char byte = (unsigned char)(bits >> (have - 8));

			have -= 8;
			if (buf_add(b, &byte, 1) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/number.h"

#include <errno.h>

/* GNU's base 256: a number in two's complement, most significant byte first.  The first byte's
 * top bit only marks this format. */
static int read_binary(const unsigned char *p, size_t size, int64_t *ret)
{
	int64_t value = p[0] & 0x40 ? -1 : 0;

	value = value * 64 + (p[0] & 0x3f);
	for (size_t i = 1; i < size; i++)
		if (__builtin_mul_overflow(value, 256, &value) ||
		    __builtin_add_overflow(value, (int64_t)p[i], &value))
			return -ERANGE;
	*ret = value;
	return 0;
}

int tar_number(const char *field, size_t size, int64_t *ret)
{
	const unsigned char *p = (const unsigned char *)field;
	uint64_t value = 0;
	size_t i = 0;

	if (p[0] & 0x80)
		return read_binary(p, size, ret);
	while (i < size && p[i] == ' ')
		i++;
	for (; i < size && p[i] >= '0' && p[i] <= '7'; i++) {
		if (value > INT64_MAX >> 3)
			return -ERANGE;
		value = value << 3 | (uint64_t)(p[i] - '0');
	}
	for (; i < size; i++) {
		if (p[i] == '\0')
			break;
		if (p[i] != ' ')
			return -EBADMSG;
	}
	*ret = (int64_t)value;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Integers are put together from single bytes, so neither byte
 * order nor alignment of the machine matters.  A reader takes a field off the front of
 * a view and moves the view behind it; every length is checked against what is left
 * before it is used.
 *
 * The bytes come from the other end of the guest link: on the host they are hostile.
 */
#include "base/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static int put_le(struct buf *b, uint64_t v, size_t size)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	return buf_add(b, bytes, size);
}

int wire_put_u8(struct buf *b, uint8_t v)
{
	return put_le(b, v, 1);
}

int wire_put_u16(struct buf *b, uint16_t v)
{
	return put_le(b, v, 2);
}

int wire_put_u32(struct buf *b, uint32_t v)
{
	return put_le(b, v, 4);
}

int wire_put_u64(struct buf *b, uint64_t v)
{
	return put_le(b, v, 8);
}

void wire_store_u32(unsigned char *ret, uint32_t v)
{
	for (unsigned i = 0; i < sizeof(v); i++)
		ret[i] = (unsigned char)(v >> (8 * i));
}

int wire_put_bytes(struct buf *b, const void *data, size_t len)
{
	int r;

	if (len > UINT32_MAX)
		return -ENOMEM;
	r = wire_put_u32(b, (uint32_t)len);
	return r < 0 ? r : buf_add(b, data, len);
}

int wire_put_str(struct buf *b, const char *s)
{
	return wire_put_bytes(b, s ? s : "", s ? strlen(s) : 0);
}

int wire_put_strv(struct buf *b, char *const *v)
{
	size_t n = strv_len(v);
	int r = n > UINT32_MAX ? -ENOMEM : wire_put_u32(b, (uint32_t)n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = wire_put_str(b, v[i]);
	return r;
}

static int fail_view(struct wire_view *v, int r)
{
	v->error = r;
	return r;
}

static int get_le(struct wire_view *v, size_t size, uint64_t *ret)
{
	uint64_t value = 0;

	if (v->error < 0)
		return v->error;
	if (v->len < size)
		return fail_view(v, -EBADMSG);
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)v->data[i] << (8 * i);
	v->data += size;
	v->len -= size;
	*ret = value;
	return 0;
}

int wire_get_u8(struct wire_view *v, uint8_t *ret)
{
	uint64_t value;
	int r = get_le(v, 1, &value);

	if (r == 0)
		*ret = (uint8_t)value;
	return r;
}

int wire_get_u16(struct wire_view *v, uint16_t *ret)
{
	uint64_t value;
	int r = get_le(v, 2, &value);

	if (r == 0)
		*ret = (uint16_t)value;
	return r;
}

int wire_get_u32(struct wire_view *v, uint32_t *ret)
{
	uint64_t value;
	int r = get_le(v, 4, &value);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

int wire_get_u64(struct wire_view *v, uint64_t *ret)
{
	return get_le(v, 8, ret);
}

int wire_get_bool(struct wire_view *v, bool *ret)
{
	uint64_t value;
	int r = get_le(v, 1, &value);

	if (r < 0)
		return r;
	if (value > 1)
		return fail_view(v, -EBADMSG);
	*ret = value != 0;
	return 0;
}

int wire_get_bytes(struct wire_view *v, struct wire_view *ret)
{
	uint32_t len;
	int r = wire_get_u32(v, &len);

	if (r < 0)
		return r;
	if (len > v->len)
		return fail_view(v, -EBADMSG);
	*ret = (struct wire_view){ .data = v->data, .len = len };
	v->data += len;
	v->len -= len;
	return 0;
}

int wire_get_str(struct wire_view *v, char **ret)
{
	struct wire_view bytes;
	int r = wire_get_bytes(v, &bytes);
	char *s;

	if (r < 0)
		return r;
	if (bytes.len > 0 && memchr(bytes.data, 0, bytes.len))
		return fail_view(v, -EBADMSG);
	s = malloc(bytes.len + 1);
	if (!s)
		return fail_view(v, -ENOMEM);
	if (bytes.len > 0)
		memcpy(s, bytes.data, bytes.len);
	s[bytes.len] = '\0';
	*ret = s;
	return 0;
}

int wire_get_strv(struct wire_view *v, char ***ret)
{
	uint32_t n;
	char **strings;
	int r = wire_get_u32(v, &n);

	if (r < 0)
		return r;
	if (n > v->len / sizeof(uint32_t)) /* each string takes at least its length */
		return fail_view(v, -EBADMSG);
	strings = calloc((size_t)n + 1, sizeof(*strings));
	if (!strings)
		return fail_view(v, -ENOMEM);
	for (uint32_t i = 0; i < n; i++) {
		r = wire_get_str(v, &strings[i]);
		if (r < 0) {
			strv_free(strings);
			return r;
		}
	}
	*ret = strings;
	return 0;
}

int wire_end(const struct wire_view *v)
{
	return v->error == 0 && v->len > 0 ? -EBADMSG : v->error;
}

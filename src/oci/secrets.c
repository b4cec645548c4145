/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/secrets.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MODE_MASK 0777u

void oci_secrets_reset(struct oci_secrets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_wipe(&s->items[i].data);
		free(s->items[i].path);
	}
	free(s->items);
	*s = (struct oci_secrets){ 0 };
}

struct oci_secret *oci_secrets_add(struct oci_secrets *s)
{
	struct oci_secret *more;

	if (s->n >= OCI_SECRETS_MAX)
		return NULL;
	more = reallocarray(s->items, s->n + 1, sizeof(*s->items));
	if (!more)
		return NULL;
	s->items = more;
	s->items[s->n] = (struct oci_secret){ 0 };
	return &s->items[s->n++];
}

bool oci_secret_path_is_good(const char *path)
{
	if (*path != '/' || strlen(path) >= PATH_MAX)
		return false;
	while (*path) {
		size_t len = strcspn(path + 1, "/");

		if (len == 0 || len > NAME_MAX || (len == 1 && path[1] == '.') ||
		    (len == 2 && path[1] == '.' && path[2] == '.'))
			return false;
		path += 1 + len;
	}
	return true;
}

int oci_secrets_put(struct buf *b, const struct oci_secrets *s)
{
	int r = wire_put_u32(b, (uint32_t)s->n);

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct oci_secret *item = &s->items[i];

		if (wire_put_str(b, item->path) < 0 || wire_put_u32(b, item->uid) < 0 ||
		    wire_put_u32(b, item->gid) < 0 || wire_put_u16(b, (uint16_t)item->mode) < 0)
			return -ENOMEM;
		r = wire_put_bytes(b, item->data.data, item->data.len);
	}
	return r;
}

static int get_secret(struct wire_view *v, struct oci_secret *ret)
{
	struct wire_view data;
	uint16_t mode;
	int r;

	wire_get_str(v, &ret->path);
	wire_get_u32(v, &ret->uid);
	wire_get_u32(v, &ret->gid);
	wire_get_u16(v, &mode);
	r = wire_get_bytes(v, &data);
	if (r < 0)
		return r;
	if (!oci_secret_path_is_good(ret->path) || (mode & ~MODE_MASK) ||
	    data.len > OCI_SECRET_MAX_BYTES)
		return -EBADMSG;
	ret->mode = mode;
	return buf_add(&ret->data, data.data, data.len);
}

int oci_secrets_get(struct wire_view *v, struct oci_secrets *ret)
{
	uint32_t n;
	int r = wire_get_u32(v, &n);

	if (r == 0 && n > OCI_SECRETS_MAX)
		return -EBADMSG;
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		struct oci_secret *item = oci_secrets_add(ret);

		r = item ? get_secret(v, item) : -ENOMEM;
	}
	return r;
}

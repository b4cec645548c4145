/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/erofs-xattr.h"

#include <endian.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "image/flatten/erofs-format.h"

static const struct {
	const char *prefix;
	enum erofs_xattr_index index;
} prefixes[] = {
	{ "user.", EROFS_XATTR_USER },
	{ "security.", EROFS_XATTR_SECURITY },
	{ "trusted.", EROFS_XATTR_TRUSTED },
	{ "system.posix_acl_access", EROFS_XATTR_ACL_ACCESS },
	{ "system.posix_acl_default", EROFS_XATTR_ACL_DEFAULT },
};

int erofs_xattr_index(const char *name, uint32_t *ret_prefix_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *rest = str_starts(name, prefixes[i].prefix);
		bool is_whole = rest && rest[-1] != '.';

		if (!rest || (*rest == '\0') != is_whole)
			continue;
		*ret_prefix_len = (uint32_t)(rest - name);
		return (int)prefixes[i].index;
	}
	return 0;
}

static uint64_t entry_size(const struct tree_xattr *x, uint32_t prefix_len)
{
	uint64_t size =
		sizeof(struct erofs_xattr_entry) + strlen(x->name) - prefix_len + x->value_len;

	return (size + EROFS_XATTR_ALIGN - 1) / EROFS_XATTR_ALIGN * EROFS_XATTR_ALIGN;
}

uint64_t erofs_xattr_size(const struct tree_inode *inode)
{
	uint64_t size = inode->xattrs ? sizeof(struct erofs_xattr_header) : 0;
	uint32_t prefix_len = 0;

	for (const struct tree_xattr *x = inode->xattrs; x; x = x->next) {
		erofs_xattr_index(x->name, &prefix_len);
		size += entry_size(x, prefix_len);
	}
	return size;
}

static int write_entry(struct erofs_out *out, const struct tree_xattr *x)
{
	uint32_t prefix_len = 0;
	int index = erofs_xattr_index(x->name, &prefix_len);
	size_t name_len = strlen(x->name) - prefix_len;
	struct erofs_xattr_entry entry = {
		.name_len = (uint8_t)name_len,
		.name_index = (uint8_t)index,
		.value_len = htole16((uint16_t)x->value_len),
	};
	uint64_t pad = entry_size(x, prefix_len) - sizeof(entry) - name_len - x->value_len;
	int r = erofs_out_append(out, &entry, sizeof(entry));

	if (r == 0)
		r = erofs_out_append(out, x->name + prefix_len, name_len);
	if (r == 0)
		r = erofs_out_append(out, x->value, x->value_len);
	return r == 0 ? erofs_out_skip(out, pad) : r;
}

int erofs_xattr_write(struct erofs_out *out, const struct tree_inode *inode)
{
	struct erofs_xattr_header header = { 0 };
	int r = inode->xattrs ? erofs_out_append(out, &header, sizeof(header)) : 0;

	for (const struct tree_xattr *x = inode->xattrs; x && r == 0; x = x->next)
		r = write_entry(out, x);
	return r;
}

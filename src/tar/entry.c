/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tar_entry_reset(struct tar_entry *e)
{
	for (size_t i = 0; i < e->n_xattrs; i++) {
		free(e->xattrs[i].name);
		free(e->xattrs[i].value);
	}
	free(e->xattrs);
	free(e->extents);
	free(e->path);
	free(e->link);
	*e = (struct tar_entry){ 0 };
}

/* Makes room for one more; the array doubles whenever its length is a power of two. */
static void *grow_array(void *array, size_t n, size_t size)
{
	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n > 0 ? 2 * n : 1, size);
}

int tar_entry_add_xattr(struct tar_entry *e, const char *name, const void *value, size_t len)
{
	struct tar_xattr *xattrs = grow_array(e->xattrs, e->n_xattrs, sizeof(*xattrs));
	struct tar_xattr x = { .len = len };

	if (!xattrs)
		return -ENOMEM;
	e->xattrs = xattrs;
	x.name = strdup(name);
	x.value = malloc(len > 0 ? len : 1);
	if (!x.name || !x.value) {
		free(x.name);
		free(x.value);
		return -ENOMEM;
	}
	if (len > 0)
		memcpy(x.value, value, len);
	xattrs[e->n_xattrs++] = x;
	return 0;
}

int tar_entry_add_extent(struct tar_entry *e, uint64_t offset, uint64_t len)
{
	struct tar_extent *extents = grow_array(e->extents, e->n_extents, sizeof(*extents));

	if (!extents)
		return -ENOMEM;
	e->extents = extents;
	extents[e->n_extents++] = (struct tar_extent){ offset, len };
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/inode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define XATTRS_MAX  65536u /* bytes of names, and of one value: the kernel's limits */
#define EXTENTS_MAX 4096u  /* of one file; what follows the last is packed as data */

/* Leaves out overlay's own attributes, and those that only this host's security modules
 * understand. */
static bool is_kept(const char *name)
{
	return !str_starts(name, "trusted.") && !streq(name, "security.selinux") &&
	       !streq(name, "security.ima") && !streq(name, "security.evm");
}

static int add_xattr(int fd, const char *name, struct tar_entry *e)
{
	cleanup_free char *value = malloc(XATTRS_MAX);
	ssize_t n;

	if (!value)
		return -ENOMEM;
	n = fgetxattr(fd, name, value, XATTRS_MAX);
	return n < 0 ? 0 : tar_entry_add_xattr(e, name, value, (size_t)n);
}

int tar_add_xattrs(int fd, struct tar_entry *e)
{
	ssize_t len = flistxattr(fd, NULL, 0);
	cleanup_free char *names = NULL;
	int r = 0;

	if (len <= 0)
		return 0;
	names = malloc(XATTRS_MAX + 1);
	if (!names)
		return -ENOMEM;
	len = flistxattr(fd, names, XATTRS_MAX);
	if (len <= 0)
		return 0;
	names[len] = '\0';
	for (const char *n = names; r == 0 && n < names + len; n += strlen(n) + 1)
		if (is_kept(n))
			r = add_xattr(fd, n, e);
	return r;
}

/* Finds data and holes, where the file system tells. */
int tar_find_extents(int fd, const struct stat *sb, struct tar_entry *e)
{
	uint64_t size = (uint64_t)sb->st_size;
	off_t at = 0;

	if ((uint64_t)sb->st_blocks * 512 >= size)
		return 0;
	e->sparse = true;
	while ((uint64_t)at < size) {
		off_t data = lseek(fd, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			break;
		hole = data < 0 || e->n_extents == EXTENTS_MAX ? -1 : lseek(fd, data, SEEK_HOLE);
		if (data < 0)
			data = at;
		if (hole < 0 || (uint64_t)hole > size)
			hole = (off_t)size;
		if (data >= hole)
			break;
		if (tar_entry_add_extent(e, (uint64_t)data, (uint64_t)(hole - data)) < 0)
			return -ENOMEM;
		at = hole;
	}
	/* One extent over the whole file: it has no holes, and needs no map. */
	if (e->n_extents == 1 && e->extents[0].len == size)
		e->sparse = false;
	/* An empty extent at the end tells readers how long the file is. */
	return e->sparse ? tar_entry_add_extent(e, size, 0) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest makes of its layer is never read on the host. */
#include "storage/layer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

#define BLOCK_SIZE 4096

static const char *const folders[] = { "upper", "work", "work/work", "fresh", NULL };

static int create_layer(int dir_fd, const char *name, const struct ext4_plan *plan, struct err *err)
{
	int r = ext4_create(dir_fd, name, plan, err);

	return r < 0 && r != -ENOMEM ? err_wrap(err, "writable layer") : r;
}

int layer_create(int dir_fd, const char *name, uint64_t size_bytes, struct err *err)
{
	const struct ext4_plan plan = { .size_bytes = size_bytes, .folders = folders };

	return create_layer(dir_fd, name, &plan, err);
}

int layer_create_within(int dir_fd, const char *name, uint64_t size_bytes, uint64_t disk_bytes,
			struct err *err)
{
	uint64_t whole = ext4_with_overhead(size_bytes);
	const struct ext4_plan plan = {
		.size_bytes = whole < disk_bytes ? whole : disk_bytes,
		.file_bytes = disk_bytes,
		.folders = folders,
	};

	return create_layer(dir_fd, name, &plan, err);
}

int layer_is_lost(int fd)
{
	static const char zeros[BLOCK_SIZE];
	char first[BLOCK_SIZE]; /* with the superblock in it */
	struct stat sb;
	int r;

	if (fstat(fd, &sb) < 0)
		return -errno;
	if ((uint64_t)sb.st_size < LAYER_SIZE_MIN)
		return 1;
	r = fd_pread_exact(fd, first, sizeof(first), 0);
	return r < 0 ? r : memcmp(first, zeros, sizeof(first)) == 0;
}

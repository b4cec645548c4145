/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/made-up.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/macro.h"

#define MQUEUE_SUPER_MAGIC   0x19800202
#define CONFIGFS_SUPER_MAGIC 0x62656570

bool tar_is_made_up(int fd)
{
	static const long made_up[] = {
		PROC_SUPER_MAGIC,   SYSFS_MAGIC,	  CGROUP2_SUPER_MAGIC, CGROUP_SUPER_MAGIC,
		DEVPTS_SUPER_MAGIC, MQUEUE_SUPER_MAGIC,	  DEBUGFS_MAGIC,       TRACEFS_MAGIC,
		SECURITYFS_MAGIC,   CONFIGFS_SUPER_MAGIC, BPF_FS_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(made_up); i++)
		if ((long)fs.f_type == made_up[i])
			return true;
	return false;
}

int tar_read_made_up(int fd, const struct stat *sb, struct buf *ret)
{
	int r;

	/* Made-up files have no blocks on a disk. */
	if (sb->st_blocks > 0 || !tar_is_made_up(fd))
		return 0;
	r = fd_read_file(fd, TAR_MADE_UP_MAX, ret);
	return r < 0 ? r : 1;
}

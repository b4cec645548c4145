/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The process has the jail of a server whose only share is the folder.  So a
 * guest, which made the tree, cannot lead it anywhere else.
 */
#include "fs/errand-run.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "fs/jail.h"
#include "fs/names.h"

bool errand_is(int argc, char *const *argv)
{
	return argc == 3 && (streq(argv[1], FS_WORD_REMOVE) || streq(argv[1], FS_WORD_MEASURE));
}

static int measure_share(void)
{
	int64_t bytes;
	int r = path_tree_bytes(FS_FIRST_SHARE_FD, &bytes);

	if (r >= 0 && write(FS_CONTROL_FD, &bytes, sizeof(bytes)) != sizeof(bytes))
		r = -EIO;
	return r;
}

int errand_run(char *const *argv)
{
	const struct fs_share share = { .fd = FS_FIRST_SHARE_FD };
	cleanup_close int self_fd = -1;
	struct err err;
	int r = fd_set_cloexec(share.fd) < 0 ? -EBADF : jail_ids(&err);

	if (r == 0)
		r = jail_enter(&share, 1, &self_fd, &err);
	if (r < 0) {
		log_error("moat-fs %s: %s", argv[1], r == -EBADF ? "no folder" : err.msg);
		return -r;
	}
	r = streq(argv[1], FS_WORD_REMOVE) ? path_remove_tree(share.fd, argv[2]) : measure_share();
	return r > 0 ? FS_STATUS_PARTLY : -r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/volume/usage.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "daemon/volume/tree.h"

int64_t volume_usage(const struct volume_view *v)
{
	cleanup_close int fd = -1;

	if (json_object_get(v->options, "device"))
		return 0;
	fd = open(v->path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? 0 : volume_tree_bytes(fd);
}

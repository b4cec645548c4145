/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/cli.h"
#include "cli/cp-plan.h"

/* One copy, as the command line asks for it. */
struct cp {
	struct cli *c;
	const char *container;
	const char *from, *to; /* paths; "-" for a tar on this side */
	bool archive, follow;
	uint64_t bytes; /* of the tar */
};

/** cp_stat() - ask moatd about a path.  Return: 0; -ENOENT when it is not there; as api_call(). */
int cp_stat(struct cp *cp, const char *path, struct cp_stat *ret, struct err *err);

/** cp_archive_path() - make the path of the archive request, with @path as its parameter.  Return:
 * 0; -ENOMEM with a message. */
int cp_archive_path(const struct cp *cp, const char *path, struct buf *ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

/* The inodes that were packed, and under which names. */
struct tar_links;

/**
 * tar_links_find() - look up an inode, and note it with a path if it is new
 * @links: NULL at first; made as needed
 * @ret:   the path it was first packed under, borrowed; NULL when it is new
 *
 * Return: 0; -ENOMEM.
 */
int tar_links_find(struct tar_links **links, const struct stat *sb, const char *path,
		   const char **ret);

/** tar_links_free() - NULL is accepted */
void tar_links_free(struct tar_links *links);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "link/files.h"

/**
 * files_clean_path() - clean a path in a container as docker does
 * @ret: absolute, without "..", double slashes and the like, but with a slash or "/." at the end
 *       where @path has that; owned
 *
 * Pure.  Return: 0; -EINVAL for an empty path, with docker's message; -ENOMEM.
 */
int files_clean_path(const char *path, char **ret, struct err *err);

/** files_stat_header() - the value of X-Docker-Container-Path-Stat.  @path: a clean one.  Pure.
 * Return: owned; NULL when out of memory. */
char *files_stat_header(const char *path, const struct link_stat *s);

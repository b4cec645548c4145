/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/** path_is_dot() - is the last part "."? */
bool path_is_dot(const char *path);

/**
 * path_dir(), path_base() - the two parts of a path: "a/b/" is "a" and "b", "a/." is "a" and "."
 *
 * As in Go, except that ".." and "." are left as they are.
 *
 * Return: owned by the caller; NULL when out of memory.
 */
char *path_dir(const char *path);
char *path_base(const char *path);

/** path_drop_last() - cut the last part off an absolute path; the root stays */
void path_drop_last(struct buf *b);

/**
 * path_clean() - an absolute path without "..", "." and doubled slashes, as docker cleans it
 *
 * Beneath "/", whatever it begins with; "/" or "/." at its end stays, as that says that a folder is
 * meant.
 *
 * Return: owned by the caller; NULL when out of memory.
 */
char *path_clean(const char *path);

/** path_plain() - as path_clean(), with nothing at its end: "/a/b" of "/a//c/../b/."; the root is
 * "/" */
char *path_plain(const char *path);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/** path_is_dot() - whether the last part is "." */
bool path_is_dot(const char *path);

/**
 * path_dir(), path_base() - the two parts of a path: "a/b/" is "a" and "b", "a/." is "a" and "."
 *
 * As Go has them, but that ".." and "." stay what they are.
 *
 * Return: owned by the caller; NULL when out of memory.
 */
char *path_dir(const char *path);
char *path_base(const char *path);

/** path_drop_last() - cut an absolute path's last part off; of the root nothing is left to cut */
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

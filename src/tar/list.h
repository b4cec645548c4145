/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** tar_list() - list the names in a folder, sorted.  @ret: owned, strv_free().
 * Return: 0; -errno. */
int tar_list(int fd, char ***ret);

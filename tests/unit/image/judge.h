/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

/* Images are judged by others: fsck.erofs always, and the kernel where the test may mount. */

/** judge_setup() - a mount namespace of the test's own; for cmocka's group */
int judge_setup(void **state);

/** judge_image() - by fsck.erofs only; for what the kernel need not see */
void judge_image(int fd);

/** judge_mount() - by both.  Nothing is left behind, whatever happens.  Return: the root folder; -1
 * where the kernel does not mount it. */
int judge_mount(int fd);

/** stat_of() - of the file itself, where it is a link */
struct stat stat_of(int root, const char *path);

/** assert_file() - a file has that content and no other */
void assert_file(int root, const char *path, const char *content, size_t len);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/call.h"

/** open_flags() - those of a guest's open that mean something on the host */
int open_flags(uint32_t flags);

/** open_again() - a plain file by its O_PATH descriptor.  Return: 0; -EISDIR; -ENXIO for what is
 * neither; -errno. */
int open_again(int fd, int flags, int *ret_fd);

/** open_note() - the guest has a file open from here on.  @n: with nodes_open(), which is undone on
 * failure; @fd: taken over in any case.  Return: 0; -ENFILE; -ENOMEM. */
int open_note(struct call *c, struct node *n, int fd, int flags, struct fuse_open_out *ret);

/** open_file() - the open file that a request names.  @ret: files_put().  Return: 0; -EBADF. */
int open_file(struct call *c, uint64_t fh, bool to_write, struct file **ret);

/** open_gone() - files.gone */
void open_gone(void *arg, struct file *f);

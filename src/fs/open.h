/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/call.h"

/** open_flags() - those flags of the guest's open that the host uses */
int open_flags(uint32_t flags);

/** open_again() - open a plain file by its O_PATH descriptor.  Return: 0; -EISDIR; -ENXIO for any
 * other type; -errno. */
int open_again(int fd, int flags, int *ret_fd);

/** open_note() - note a file that the guest has opened.  @n: with nodes_open(), which is undone on
 * failure; @fd: taken over in any case.  Return: 0; -ENFILE; -ENOMEM. */
int open_note(struct call *c, struct node *n, int fd, int flags, struct fuse_open_out *ret);

/** open_file() - get the open file that a request names, until the operation is over.  Return: 0;
 * -EBADF; -errno. */
int open_file(struct call *c, uint64_t fh, bool to_write, struct file **ret);

/** open_gone() - gone() of struct files */
void open_gone(void *arg, struct file *f);

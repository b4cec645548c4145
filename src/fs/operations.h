/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/call.h"

/* The operations, in the order of their files. */
int op_init(struct call *c);
int op_destroy(struct call *c);
int op_statfs(struct call *c);
int op_forget(struct call *c);
int op_batch_forget(struct call *c);
int op_interrupt(struct call *c);
int op_begin(struct call *c);
int op_taken(struct call *c);

int op_lookup(struct call *c);
int op_link(struct call *c);

int op_create(struct call *c);
int op_tmpfile(struct call *c);
int op_mknod(struct call *c);
int op_mkdir(struct call *c);
int op_symlink(struct call *c);

int op_unlink(struct call *c);
int op_rmdir(struct call *c);
int op_rename(struct call *c);
int op_rename2(struct call *c);

int op_getattr(struct call *c);
int op_setattr(struct call *c);
int op_readlink(struct call *c);

int op_open(struct call *c);
int op_opened(struct call *c);
int op_release(struct call *c);
int op_flush(struct call *c);
int op_read(struct call *c);
int op_write(struct call *c);
int op_fsync(struct call *c);
int op_fallocate(struct call *c);
int op_lseek(struct call *c);
int op_copy_file_range(struct call *c);

int op_opendir(struct call *c);
int op_releasedir(struct call *c);
int op_readdir(struct call *c);
int op_readdirplus(struct call *c);
int op_fsyncdir(struct call *c);

int op_getxattr(struct call *c);
int op_setxattr(struct call *c);
int op_listxattr(struct call *c);
int op_removexattr(struct call *c);

int op_getlk(struct call *c);
int op_setlk(struct call *c);
int op_setlkw(struct call *c);

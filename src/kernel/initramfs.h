/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * initramfs_build() - write the archive a guest boots from: /init, and its kernel modules
 * @init_path:   a static program
 * @modules_dir: lib/modules/VERSION of the kernel; NULL when it needs no modules
 * @out_fd:      written from its current offset; borrowed
 *
 * An uncompressed cpio archive (newc) that depends on nothing but the files' content.  The
 * modules stand in /modules, uncompressed, and /modules/list names them in the order in which
 * they can be loaded, one a line.
 *
 * Return: 0; -ENOENT with a message when the kernel lacks a module; -errno with a message.
 */
int initramfs_build(const char *init_path, const char *modules_dir, int out_fd, struct err *err);

/**
 * initramfs_update() - copy an archive of initramfs_build(), with another /init
 * @in_fd:     the archive there is, read from its current offset; borrowed
 * @init_path: a static program
 * @out_fd:    written from its current offset; borrowed
 *
 * Return: 0; -EBADMSG with a message for no such archive; -errno with a message.
 */
int initramfs_update(int in_fd, const char *init_path, int out_fd, struct err *err);

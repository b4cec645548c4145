/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cleanup.h"

/**
 * fd_open_std() - have something open in the place of descriptors 0, 1 and 2 that came closed
 *
 * Called first in each main(): otherwise the next file or socket to be opened becomes standard
 * input or output, and gets what is meant for those.  Standard input is at its end then.  Writing
 * to standard output fails with EBADF, as where it is closed, so that no archive is lost silently;
 * text to standard error is dropped, as nobody could be told.
 *
 * Return: 0; -errno from opening /dev/null.
 */
int fd_open_std(void);

/** fd_close() - close a descriptor that is open, and set it to -1 */
void fd_close(int *fd);

/** fd_write_all() - write all of @data, over short writes and EINTR.  Return: 0; -errno. */
int fd_write_all(int fd, const void *data, size_t len);

/** fd_pwrite_all() - as fd_write_all(), at an offset in bytes */
int fd_pwrite_all(int fd, const void *data, size_t len, uint64_t offset);

/**
 * fd_read_exact() - read exactly @len bytes
 *
 * Return: 0; -ENODATA when the file ends first; -errno.
 */
int fd_read_exact(int fd, void *data, size_t len);

/** fd_pread_exact() - as fd_read_exact(), at an offset in bytes */
int fd_pread_exact(int fd, void *data, size_t len, uint64_t offset);

/**
 * fd_read_file() - append a whole file to a buffer
 * @max_bytes: a longer file is refused
 *
 * Return: 0; -EFBIG; -errno from read(2); -ENOMEM.
 */
int fd_read_file(int fd, size_t max_bytes, struct buf *b);

/** file_read_at() - as fd_read_file(), by name.  Return: also -errno of openat(2). */
int file_read_at(int dir_fd, const char *name, size_t max_bytes, struct buf *b);

/**
 * file_set_at() - write text to an existing file in one write(2), as procfs and cgroupfs want it
 *
 * Return: 0; -errno of openat(2) or write(2).
 */
int file_set_at(int dir_fd, const char *name, const char *text);

/**
 * file_overwrite() - give a file other content, or make it
 *
 * The blocks it has are used again and not given up first: where the new content is no longer than
 * the old one, a full disk has room for it.  A crash may leave a mixture.
 *
 * Return: 0; -errno.
 */
int file_overwrite(int dir_fd, const char *name, const void *data, size_t len, mode_t mode);

/**
 * file_write_atomic() - replace a file so that a crash leaves the old or the new content
 * @dir_fd: folder; borrowed
 * @name:   file name in that folder; ".NAME.tmp" beside it is used on the way
 * @mode:   permissions of the new file
 *
 * Writes, syncs the file, renames, syncs the folder.
 *
 * Return: 0; -errno, with the old file in place.
 */
int file_write_atomic(int dir_fd, const char *name, const void *data, size_t len, mode_t mode);

/**
 * file_reserve() - keep room for the next file_write_atomic() of that name, which a full disk has
 * then
 * @len: bytes that it may write
 *
 * They are allocated to ".NAME.tmp", which becomes the new file, so nobody else can take them.
 *
 * Return: 0; -ENOSPC, -errno: no room is kept.
 */
int file_reserve(int dir_fd, const char *name, size_t len);

/** fd_copy() - copy @len bytes (UINT64_MAX: to the end) from the current offsets.  Return: 0;
 * -ENODATA; -errno. */
int fd_copy(int from, int to, uint64_t len);

/** fd_set_nonblock() - set or clear O_NONBLOCK.  Return: 0; -errno. */
int fd_set_nonblock(int fd, bool on);

/** fd_set_cloexec() - set FD_CLOEXEC.  Return: 0; -errno. */
int fd_set_cloexec(int fd);

/** fd_is_removed() - does the open file have no name any more? */
bool fd_is_removed(int fd);

/**
 * fd_wait() - wait for poll(2) events on one file
 * @timeout_msec: -1 waits for ever
 *
 * Return: the events that came, 0 on timeout; -errno.
 */
int fd_wait(int fd, short events, int timeout_msec);

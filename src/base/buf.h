/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/macro.h"

/*
 * A growing byte buffer.  `struct buf b = BUF_INIT;` is a valid empty one; the
 * owner frees it with buf_reset(), or marks it cleanup(buf_reset).  A NUL stands
 * behind the contents (not counted in len), so text can be used as a string
 * as soon as anything was appended.
 */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

#define BUF_INIT ((struct buf){ 0 })

/** buf_reset() - free the contents and leave an empty buffer */
void buf_reset(struct buf *b);

/** buf_wipe() - as buf_reset(), for a buffer that held a secret: it is overwritten first.  A buffer
 * that grows leaves old copies in memory, so room is to be made all at once. */
void buf_wipe(struct buf *b);

/**
 * buf_reserve() - make room
 * @more: bytes that will follow at data + len
 *
 * Return: 0; -ENOMEM, with the buffer unchanged.
 */
int buf_reserve(struct buf *b, size_t more);

/** buf_add() - append bytes.  Return: 0; -ENOMEM. */
int buf_add(struct buf *b, const void *data, size_t len);

/** buf_adds() - append a string.  Return: 0; -ENOMEM. */
int buf_adds(struct buf *b, const char *s);

/** buf_addf() - append formatted text.  Return: 0; -ENOMEM. */
int buf_addf(struct buf *b, const char *fmt, ...) printf_like(2, 3);

/** buf_consume() - drop @len bytes (at most all) from the front */
void buf_consume(struct buf *b, size_t len);

/** buf_move() - take at most @max bytes off the front.  Return: how many there were. */
size_t buf_move(struct buf *b, void *ret, size_t max);

/**
 * buf_read_fd() - one read(2) of at most @max bytes, appended
 *
 * Return: bytes read, 0 at the end of the file; -errno.
 */
ssize_t buf_read_fd(struct buf *b, int fd, size_t max);

/** buf_take() - move the contents out as a string owned by the caller; never NULL unless out of
 * memory */
char *buf_take(struct buf *b);

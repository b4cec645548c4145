/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "control/machine-spec.h"
#include "control/names.h"
#include "link/frame.h"

#define CRILOG_RECORD_MAX 16384u /* bytes of content in one record, as in CRI */

/* Writes container.log.N. */
struct crilog;

/**
 * crilog_open() - open the newest log file in a container's folder, making the first if there is
 * none
 * @dir_fd: borrowed until crilog_free()
 * @ret:    owned, crilog_free()
 *
 * A record that a crash cut off at the end is removed, and so are files beyond the limits.
 *
 * Return: 0; -errno; -ENOMEM.
 */
int crilog_open(int dir_fd, const struct log_limits *limits, struct crilog **ret);

/** crilog_free() - NULL is accepted */
void crilog_free(struct crilog *l);

/** crilog_place() - tell where the log ends now; number 0 where nothing is kept */
void crilog_place(const struct crilog *l, uint64_t *ret_number, uint64_t *ret_offset);

/**
 * crilog_write() - append bytes of a channel, as records of the present moment
 *
 * A piece without a newline becomes a "P" record of its own at once, so nothing is ever held back;
 * lines longer than CRILOG_RECORD_MAX become several.
 *
 * What cannot be written (a full disk) is dropped, whole records at a time, and the next call tries
 * again.
 *
 * Return: 0; -errno of the first failure in a row, for one note; 0 for those that follow it.
 */
int crilog_write(struct crilog *l, enum link_channel channel, const void *data, size_t len);

/** crilog_take_lost() - take the count of bytes that were dropped until writing worked again, at
 * most; 0 before that, and when it was taken */
uint64_t crilog_take_lost(struct crilog *l);

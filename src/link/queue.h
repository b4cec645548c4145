/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "link/frame.h"

/* Frames for the guest link that are not written yet. */

#define QUEUE_MAX_BYTES (256u << 10) /* of data; messages may come on top */
#define QUEUE_LOW_BYTES (QUEUE_MAX_BYTES / 2)

struct link_queue {
	struct buf bytes;
	size_t written; /* bytes at the front that are written */
};

/** queue_pending() - bytes yet to be written */
static inline size_t queue_pending(const struct link_queue *q)
{
	return q->bytes.len - q->written;
}

/**
 * queue_frames() - add a payload as frames, all of them or none
 * @more: type of all frames but the last
 * @last: header of the last one; its size is set here
 *
 * Return: 0; -ENOBUFS where the peer has left too much unread; -ENOMEM.
 */
int queue_frames(struct link_queue *q, enum link_type more, struct link_header last,
		 const void *payload, size_t len);

/** queue_flush() - write what the descriptor takes.  Return: 0; -errno of write(2). */
int queue_flush(struct link_queue *q, int fd);

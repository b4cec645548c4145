/* SPDX-License-Identifier: Apache-2.0 */
#include "link/queue.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Bytes of data and messages together: a peer that never reads gets no more. */
#define PENDING_MAX (LINK_MESSAGE_MAX + MIB(1))

static int add_frame(struct buf *bytes, const struct link_header *h, const void *payload)
{
	unsigned char header[LINK_HEADER_SIZE];
	int r = buf_reserve(bytes, LINK_HEADER_SIZE + h->size);

	if (r < 0)
		return r;
	link_header_put(h, header);
	r = buf_add(bytes, header, sizeof(header));
	return r < 0 ? r : buf_add(bytes, payload, h->size);
}

int queue_frames(struct link_queue *q, enum link_type more, struct link_header last,
		 const void *payload, size_t len)
{
	const char *data = payload;
	size_t old_len;

	if (queue_pending(q) > PENDING_MAX)
		return -ENOBUFS;
	if (q->written >= QUEUE_LOW_BYTES) {
		buf_consume(&q->bytes, q->written);
		q->written = 0;
	}
	old_len = q->bytes.len;
	do {
		struct link_header h = last;
		int r;

		h.size = len > LINK_PAYLOAD_MAX ? LINK_PAYLOAD_MAX : (uint32_t)len;
		if (len > LINK_PAYLOAD_MAX)
			h.type = more;
		r = add_frame(&q->bytes, &h, data);
		if (r < 0) {
			q->bytes.len = old_len;
			return r;
		}
		data = data ? data + h.size : NULL;
		len -= h.size;
	} while (len > 0);
	return 0;
}

int queue_flush(struct link_queue *q, int fd)
{
	while (queue_pending(q) > 0) {
		ssize_t n = write(fd, q->bytes.data + q->written, queue_pending(q));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return -errno;
		q->written += (size_t)n;
	}
	/* Overwritten, as it may have been a secret. */
	if (q->bytes.len > 0)
		explicit_bzero(q->bytes.data, q->bytes.len);
	q->bytes.len = 0;
	q->written = 0;
	return 0;
}

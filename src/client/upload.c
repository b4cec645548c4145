/* SPDX-License-Identifier: Apache-2.0 */
#include "client/upload.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/fd.h"
#include "client/api-inner.h"

static int send_chunk(int fd, const char *data, size_t len)
{
	char head[32];
	int n = snprintf(head, sizeof(head), "%zx\r\n", len);
	int r = api_send_all(fd, head, (size_t)n);

	if (r == 0 && len > 0)
		r = api_send_all(fd, data, len);
	return r < 0 ? r : api_send_all(fd, "\r\n", 2);
}

int api_upload_begin(struct api *a, const struct api_request *rq, struct err *err)
{
	return api_begin_request(a, rq, true, err);
}

/* An early answer shows as readable, or as a broken pipe with the answer still to be read. */
int api_upload_write(struct api *a, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	if (a->answered_early || fd_wait(a->fd, POLLIN, 0) != 0 || send_chunk(a->fd, data, len) < 0)
		a->answered_early = true;
	return a->answered_early ? -EPIPE : 0;
}

int api_upload_end(struct api *a, json_t **ret, struct err *err)
{
	bool early = a->answered_early;
	int r;

	if (!early)
		early = fd_wait(a->fd, POLLIN, 0) != 0 || send_chunk(a->fd, "", 0) < 0;
	r = api_receive_response(a, ret, err);
	if (early)
		api_disconnect(a);
	return r;
}

void api_upload_cancel(struct api *a)
{
	api_disconnect(a);
}

/* Waits for either side.  Return: may @upload_fd be read, before the server has said anything? */
static bool wait_for_upload(int fd, int upload_fd)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			       { .fd = upload_fd, .events = POLLIN } };

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return true; /* read(2) will say what is wrong */
	return p[0].revents == 0;
}

int api_upload(struct api *a, const struct api_request *rq, int upload_fd, json_t **ret,
	       struct err *err)
{
	cleanup(buf_reset) struct buf chunk = BUF_INIT;
	int r = api_upload_begin(a, rq, err);
	uint64_t sent_bytes = 0;

	if (r < 0)
		return r;
	do {
		ssize_t n;

		/* The server may answer while there is nothing to send for a long time. */
		if (!wait_for_upload(a->fd, upload_fd)) {
			a->answered_early = true;
			break;
		}
		chunk.len = 0;
		n = buf_read_fd(&chunk, upload_fd, 256 * 1024);
		if (n < 0) {
			api_upload_cancel(a);
			return err_errno(err, (int)n, "read the upload");
		}
		if (n == 0)
			break;
		r = api_upload_write(a, chunk.data, chunk.len);
		sent_bytes += chunk.len;
		if (rq->on_sent)
			rq->on_sent(rq->sent_arg, sent_bytes);
	} while (r == 0);
	return api_upload_end(a, ret, err);
}

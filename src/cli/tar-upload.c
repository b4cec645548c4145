/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tar-upload.h"

#include <errno.h>

#include "client/upload.h"

#define CHUNK_BYTES 131072u

static int flush_chunk(struct tar_upload *u)
{
	int r = api_upload_write(u->api, u->chunk.data, u->chunk.len);

	u->chunk.len = 0;
	return r;
}

int tar_upload_write(void *arg, const void *data, size_t len)
{
	struct tar_upload *u = arg;
	int r = buf_add(&u->chunk, data, len);

	u->bytes += len;
	return r == 0 && u->chunk.len >= CHUNK_BYTES ? flush_chunk(u) : r;
}

int tar_upload_end(struct tar_upload *u, int r, struct err *err)
{
	if (r == 0)
		r = flush_chunk(u);
	buf_reset(&u->chunk);
	if (r < 0 && r != -EPIPE) {
		api_upload_cancel(u->api);
		return r;
	}
	r = api_upload_end(u->api, NULL, err);
	return r < 0 ? r : 0;
}

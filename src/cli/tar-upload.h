/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "client/api.h"

/* A tar that is packed while it is sent, in pieces large enough for an HTTP chunk. */
struct tar_upload {
	struct api *api; /* upload has begun; borrowed */
	uint64_t bytes;	 /* packed so far */
	struct buf chunk;
};

/** tar_upload_write() - send a piece: struct tar_pack's function, whose argument is a struct
 * tar_upload.  Return: 0; as api_upload_write(); -ENOMEM. */
int tar_upload_write(void *arg, const void *data, size_t len);

/**
 * tar_upload_end() - send the rest, and take the answer
 * @r: result of the packing, with its message in @err; -EPIPE: moatd has answered before the end,
 *     and its answer says why
 *
 * Return: 0; as api_upload_end(); @r.
 */
int tar_upload_end(struct tar_upload *u, int r, struct err *err);

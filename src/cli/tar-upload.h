/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "client/api.h"

/* What is packed while it is sent, gathered until it is worth an HTTP chunk. */
struct tar_upload {
	struct api *api; /* with an upload begun; borrowed */
	uint64_t bytes;	 /* that were packed */
	struct buf chunk;
};

/** tar_upload_write() - of a struct tar_pack, whose argument is a struct tar_upload.  Return: 0; as
 * api_upload_write(); -ENOMEM. */
int tar_upload_write(void *arg, const void *data, size_t len);

/**
 * tar_upload_end() - send the rest, and take the answer
 * @r: of the packing, with its message in @err; where that was -EPIPE, moatd has answered before
 *     the end, and its answer says why
 *
 * Return: 0; as api_upload_end(); @r.
 */
int tar_upload_end(struct tar_upload *u, int r, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "client/api.h"

/* Requests with a body of any length. */

/**
 * api_upload() - send a request whose body is a file or pipe, chunked
 * @rq:        body and upgrade unset
 * @upload_fd: read to its end; borrowed
 *
 * The server may answer before the end; the rest is then not sent.
 *
 * Return: as api_call(); also -errno of read(2).
 */
int api_upload(struct api *a, const struct api_request *rq, int upload_fd, json_t **ret,
	       struct err *err);

/**
 * api_upload_begin(), api_upload_write(), api_upload_end() - as api_upload(), piece by piece
 *
 * api_upload_write() returns -EPIPE when the server has answered before the end, or is gone; the
 * upload is to be ended then, too.
 *
 * Return: 0; as api_send(); -EPIPE; as api_call().
 */
int api_upload_begin(struct api *a, const struct api_request *rq, struct err *err);
int api_upload_write(struct api *a, const void *data, size_t len);
int api_upload_end(struct api *a, json_t **ret, struct err *err);

/** api_upload_cancel() - the body cannot be completed: let the server see that it is cut short */
void api_upload_cancel(struct api *a);

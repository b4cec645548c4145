/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "client/api.h"

struct api {
	api_dial_fn dial;
	void *dial_arg;
	int fd;
	struct http_response response;
	http_body_fn on_body;
	void *arg;
	struct buf body;
	bool body_refused;	 /* on_body returned an error */
	bool unread;		 /* the connection broke before moatd had read the whole request */
	bool answered_early;	 /* the response came before the upload's end */
	size_t in_start, in_len; /* bytes read but not consumed; only an upgrade leaves any */
	char in[65536];
};

/** api_send_all() - send all bytes.  Return: 0; -errno of send(2). */
int api_send_all(int fd, const char *data, size_t len);

/** api_begin_request() - send a request; with a chunked body, only the head.  Return: as
 * api_send(). */
int api_begin_request(struct api *a, const struct api_request *rq, bool chunked, struct err *err);

/** api_receive_response() - read the whole answer and judge it.  Return: as api_call(). */
int api_receive_response(struct api *a, json_t **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <microhttpd.h>
#include <pthread.h>

#include "daemon/http/route.h"

/* One request on its way through libmicrohttpd: what is known of it between the library's calls. */
struct exchange {
	struct request rq;
	const struct route *route;
	struct reply rp;
	int result; /* of the handler */
	struct err err;
	size_t body_bytes; /* of the body, how many are held in memory */
	bool passed_on;	   /* the client's socket was handed over */
	/* ROUTE_UPLOAD: the handler runs in a thread beside the connection's. */
	bool uploading;
	pthread_t worker;
	int upload_fd; /* where the connection's thread writes the body */
};

/** exchange_new() - read path, query and headers; @method and @url are borrowed for the connection.
 * Return: owned; NULL when out of memory. */
struct exchange *exchange_new(const struct service *service, struct MHD_Connection *conn,
			      const char *method, const char *url);

/** exchange_begin_upload() - run the handler of a ROUTE_UPLOAD, which reads the body as it comes in
 */
void exchange_begin_upload(struct exchange *x);

/** exchange_data() - take a piece of the body.  Return: 0; -ENOMEM.  A body that is too large is
 * remembered as -EFBIG. */
int exchange_data(struct exchange *x, const char *data, size_t len);

/** exchange_finish() - the body is complete: run the handler, or wait for it, and queue its reply
 */
enum MHD_Result exchange_finish(struct exchange *x, struct MHD_Connection *conn);

/** exchange_free() - the library is done with the request */
void exchange_free(struct exchange *x);

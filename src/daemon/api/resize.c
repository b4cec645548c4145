/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/resize.h"

#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/table.h"

static int read_terminal_size(const struct request *rq, struct terminal_size *ret, struct err *err)
{
	const char *h = request_arg(rq, "h"), *w = request_arg(rq, "w");

	if (!h || !w || str_to_u32(h, &ret->rows) < 0 || str_to_u32(w, &ret->columns) < 0 ||
	    ret->rows > UINT16_MAX || ret->columns > UINT16_MAX)
		return err_set(err, -EINVAL, "\"h\" and \"w\" must be numbers up to 65535");
	return 0;
}

int api_container_resize(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	struct terminal_size size;
	int r = containers_find(rq->api->containers, rq->target, &c, err);

	if (r == 0)
		r = read_terminal_size(rq, &size, err);
	if (r == 0)
		r = container_resize(c, &size, err);
	return r < 0 ? r : reply_empty(rp, 200);
}

int api_exec_resize(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	struct terminal_size size;
	int r = containers_find_exec(rq->api->containers, rq->target, &c, err);

	if (r == 0)
		r = read_terminal_size(rq, &size, err);
	if (r == 0)
		r = exec_resize(c, rq->target, &size, rq->client_fd, err);
	return r < 0 ? r : reply_empty(rp, 200);
}

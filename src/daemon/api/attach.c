/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/attach.h"

#include "daemon/api/api.h"
#include "daemon/container/table.h"

static void take_connection(void *arg, int fd, const void *early, size_t len)
{
	attach_take(arg, fd, early, len);
}

static void drop_connection(void *arg)
{
	attach_drop(arg);
}

int api_container_attach(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct hijack hijack = { take_connection, drop_connection };
	const struct attach_options o = {
		.stream = request_flag(rq, "stream", false),
		.logs = request_flag(rq, "logs", false),
		.in = request_flag(rq, "stdin", false),
		.out = request_flag(rq, "stdout", false),
		.err = request_flag(rq, "stderr", false),
		.detach_keys = request_arg(rq, "detachKeys"),
	};
	cleanup_container struct container *c = NULL;
	struct attaching *x;
	const char *type;
	int r = containers_find(rq->api->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	r = attach_prepare(c, &o, &x, err);
	type = rq->api_minor < 42 || c->tty ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM;
	return r < 0 ? r : reply_hijack(rq, rp, type, &hijack, x);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/exec.h"
#include "daemon/container/exec-start.h"

#include "daemon/api/api.h"
#include "daemon/container/table.h"

int api_exec_create(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	cleanup_container struct container *c = NULL;
	char id[ID_LEN + 1];
	int r = containers_find(rq->api->containers, rq->target, &c, err);

	if (r == 0)
		r = request_json(rq, &body, err);
	if (r == 0)
		r = exec_create(c, body, rq->body.len, id, err);
	return r < 0 ? r : reply_json(rp, 201, json_pack("{s:s}", "Id", id), err);
}

static void take_connection(void *arg, int fd, const void *early, size_t len)
{
	exec_run(arg, fd, early, len);
}

static void drop_connection(void *arg)
{
	exec_cancel(arg);
}

int api_exec_start(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct hijack hijack = { take_connection, drop_connection };
	cleanup_json json_t *body = NULL;
	struct exec_options o = { 0 };
	struct exec_start *s = NULL;
	const char *type;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = json_get_bool(body, "Detach", &o.detach, err);
	if (r == 0)
		r = json_get_bool(body, "Tty", &o.tty, err);
	o.size = json_object_get(body, "ConsoleSize");
	if (r == 0)
		r = exec_claim(rq->api->containers, rq->target, &o, &s, err);
	if (r < 0)
		return r;
	if (o.detach) {
		r = exec_run_detached(s, err);
		return r < 0 ? r : reply_empty(rp, 200);
	}
	type = rq->api_minor < 42 || !exec_is_framed(s) ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM;
	return reply_hijack(rq, rp, type, &hijack, s);
}

int api_exec_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r = containers_find_exec(rq->api->containers, rq->target, &c, err);

	return r < 0 ? r : reply_json(rp, 200, exec_describe(c, rq->target), err);
}

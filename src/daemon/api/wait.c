/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/table.h"
#include "daemon/container/view.h"
#include "daemon/network/ports.h"

enum condition { NOT_RUNNING, NEXT_EXIT, REMOVED };

/* One client of POST /containers/{id}/wait. */
struct waiter {
	struct container *c; /* a reference; lives on when the container is removed */
	enum condition condition;
	uint64_t ends; /* how often the container had ended when the client came */
	int client_fd;
	bool trace; /* the client wants to know how long each step took */
	bool over;
	struct buf answer; /* what is left to be sent */
};

static void waiter_free(void *arg)
{
	struct waiter *w = arg;

	container_unref(w->c);
	buf_reset(&w->answer);
	free(w);
}

/* Under the table's lock. */
static bool wait_is_over(const struct container *c, const void *arg)
{
	const struct waiter *w = arg;
	unsigned over = STATE(REMOVED);

	if (w->condition != REMOVED && c->ends != w->ends)
		return true;
	if (w->condition == NOT_RUNNING)
		over |= STATE(CREATED) | STATE(EXITED) | STATE(REMOVING);
	return container_is(c, over);
}

static int write_answer(struct waiter *w)
{
	cleanup(container_view_reset) struct container_view v = { 0 };
	cleanup_json json_t *answer = NULL;
	cleanup_free char *text = NULL;

	if (container_view(w->c, &v) < 0)
		return -ENOMEM;
	answer = json_pack("{s:i, s:o*}", "StatusCode", v.rec.exit_code, "Moat",
			   w->trace ? trace_describe(&v.trace) : NULL);
	text = answer ? json_write(answer) : NULL;
	return text ? buf_addf(&w->answer, "%s\n", text) : -ENOMEM;
}

/* Return: 0 when it is over; -EPIPE when the client has gone; -ENOMEM. */
static int await_end(struct waiter *w)
{
	int r = container_wait(w->c, wait_is_over, w, -1, w->client_fd);

	if (r < 0)
		return r;
	ports_given_up(w->c->table->networks, w->c->rec.id);
	w->over = true;
	return write_answer(w);
}

static ssize_t waiter_read(void *arg, char *data, size_t max)
{
	struct waiter *w = arg;
	int r = w->over ? 0 : await_end(w);

	return r < 0 ? r : (ssize_t)buf_move(&w->answer, data, max);
}

static int read_condition(const struct request *rq, enum condition *ret, struct err *err)
{
	const char *text = request_arg(rq, "condition");

	if (!text || !*text || streq(text, "not-running"))
		*ret = NOT_RUNNING;
	else if (streq(text, "next-exit"))
		*ret = NEXT_EXIT;
	else if (streq(text, "removed"))
		*ret = REMOVED;
	else
		return err_set(err, -EINVAL, "invalid condition: \"%s\"", text);
	return 0;
}

int api_container_wait(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct stream stream = { waiter_read, waiter_free };
	enum condition condition = NOT_RUNNING;
	struct waiter *w;
	int r = read_condition(rq, &condition, err);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_nomem(err);
	w->condition = condition;
	w->client_fd = rq->client_fd;
	w->trace = request_flag(rq, "trace", false);
	r = containers_find(rq->api->containers, rq->target, &w->c, err);
	if (r < 0) {
		waiter_free(w);
		return r;
	}
	w->ends = container_ends(w->c);
	return reply_stream(rp, TYPE_JSON, &stream, w);
}

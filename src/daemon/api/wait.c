/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "daemon/api/api.h"

enum condition { NOT_RUNNING, NEXT_EXIT, REMOVED };

/* One client of POST /containers/{id}/wait. */
struct waiter {
	struct daemon *d;
	struct container *c; /* a reference; lives on when the container is removed */
	struct hub_sub *sub;
	enum condition condition;
	uint64_t ends; /* when the client began to wait */
	int client_fd;
	bool trace; /* the client wants to know how long each step took */
	char *answer;
	size_t len, sent;
};

static void waiter_free(void *arg)
{
	struct waiter *w = arg;

	hub_unsubscribe(w->sub);
	container_unref(w->c);
	free(w->answer);
	free(w);
}

/* Under the table's lock. */
static bool is_over(const struct waiter *w)
{
	const struct container *c = w->c;

	switch (w->condition) {
	case REMOVED:
		return c->removed;
	case NEXT_EXIT:
		return c->removed || c->ends != w->ends;
	case NOT_RUNNING:
		return c->removed || c->ends != w->ends ||
		       (c->rec.state != CONTAINER_RUNNING && !c->starting && !c->restart.pending);
	}
	return true;
}

/* Return: owned; NULL when out of memory. */
static char *write_answer(const struct waiter *w)
{
	cleanup_json json_t *answer = NULL;
	cleanup_free char *text = NULL;

	pthread_mutex_lock(&w->d->containers.lock);
	answer = json_pack("{s:i, s:o*}", "StatusCode", w->c->rec.exit_code, "Moat",
			   w->trace ? trace_describe(&w->c->trace) : NULL);
	pthread_mutex_unlock(&w->d->containers.lock);
	text = answer ? json_write(answer) : NULL;
	return text ? str_printf("%s\n", text) : NULL;
}

/* Return: 0 when it is over; -EPIPE when the client has gone; -ENOMEM. */
static int await(struct waiter *w)
{
	bool over = false;

	while (!over) {
		pthread_mutex_lock(&w->d->containers.lock);
		over = is_over(w);
		pthread_mutex_unlock(&w->d->containers.lock);
		if (!over && hub_wait(w->sub, w->client_fd, -1) < 0)
			return -EPIPE;
	}
	w->answer = write_answer(w);
	w->len = w->answer ? strlen(w->answer) : 0;
	return w->answer ? 0 : -ENOMEM;
}

static ssize_t waiter_read(void *arg, char *data, size_t max)
{
	struct waiter *w = arg;
	int r = w->answer ? 0 : await(w);
	size_t n;

	if (r < 0)
		return r;
	n = w->len - w->sent < max ? w->len - w->sent : max;
	memcpy(data, w->answer + w->sent, n);
	w->sent += n;
	return (ssize_t)n;
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
	struct daemon *d = rq->daemon;
	enum condition condition = NOT_RUNNING;
	struct waiter *w;
	int r = read_condition(rq, &condition, err);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->d = d;
	w->condition = condition;
	w->client_fd = rq->client_fd;
	w->trace = request_flag(rq, "trace", false);
	r = hub_subscribe(d->hub, &w->sub);
	if (r == 0)
		r = containers_find(&d->containers, rq->target, &w->c, err);
	if (r < 0) {
		waiter_free(w);
		return r;
	}
	pthread_mutex_lock(&d->containers.lock);
	w->ends = w->c->ends;
	pthread_mutex_unlock(&d->containers.lock);
	return reply_stream(rp, TYPE_JSON, &stream, w);
}

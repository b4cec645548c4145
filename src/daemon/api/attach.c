/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A client that attaches before the start is told 101 and its connection is
 * kept by the container until the start hands it to the shim.  The client may ask for the start
 * as soon as it has read the 101, so the container counts clients that are being told, and a
 * start waits for them: whoever attached before the start misses no output.
 */
#include "daemon/attach.h"
#include "daemon/lifecycle.h"
#include "daemon/log-replay.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/shim.h"
#include "daemon/transition.h"

struct attaching {
	struct daemon *d;
	struct container *c;
	struct attachment *a;
	bool stream;		 /* else only the log is wanted */
	bool logs;		 /* first what the log holds */
	struct log_options what; /* of it */
};

static void attaching_free(struct attaching *x)
{
	pthread_mutex_lock(&x->d->containers.lock);
	x->c->attaching--;
	pthread_mutex_unlock(&x->d->containers.lock);
	hub_wake(x->d->hub);
	container_unref(&x->d->containers, x->c);
	attachments_free(x->a);
	free(x);
}

static void drop(void *arg)
{
	attaching_free(arg);
}

/* Under the table's lock: forget clients that went away while they waited for a start. */
static void prune(struct container *c)
{
	for (struct attachment **p = &c->attachments; *p;) {
		struct attachment *a = *p;

		if (!request_client_gone(a->fd)) {
			p = &a->next;
			continue;
		}
		*p = a->next;
		a->next = NULL;
		attachments_free(a);
	}
}

static void hand_over(struct attaching *x)
{
	const struct attachment *a = x->a;
	struct shim_call call = {
		.containers_fd = x->d->containers_fd,
		.id = x->c->rec.id,
		.request = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b}", "op", "attach", "target", "",
				     "stdin", a->in, "stdout", a->out, "stderr", a->err, "framed",
				     a->framed),
		.send_fd = a->fd,
		.timeout_msec = SHIM_TIMEOUT_MSEC,
	};
	struct err err = { 0 };

	if (shim_request(&call, NULL, &err) < 0)
		attach_error(a->fd, a->framed, err.msg);
}

static void take(void *arg, int fd, const void *early, size_t len)
{
	struct attaching *x = arg;
	bool shim;

	x->a->fd = attach_early(fd, early, len);
	if (x->a->fd < 0 ||
	    (x->logs && log_replay(x->d->containers_fd, x->c->rec.id, &x->what, x->a->fd) < 0) ||
	    !x->stream) {
		attaching_free(x);
		return;
	}
	pthread_mutex_lock(&x->d->containers.lock);
	prune(x->c);
	shim = x->c->shim;
	if (!shim && !x->c->removed) {
		x->a->next = x->c->attachments;
		x->c->attachments = take_ptr(x->a);
	}
	pthread_mutex_unlock(&x->d->containers.lock);
	if (shim)
		hand_over(x);
	attaching_free(x);
}

static int prepare(const struct request *rq, struct container *c, struct attaching **ret)
{
	struct attaching *x = calloc(1, sizeof(*x));
	struct attachment *a = calloc(1, sizeof(*a));
	bool stream = request_flag(rq, "stream", false);

	if (!x || !a) {
		free(x);
		free(a);
		return -ENOMEM;
	}
	a->fd = -1;
	a->in = stream && c->open_stdin && request_flag(rq, "stdin", false);
	a->out = stream && request_flag(rq, "stdout", false);
	a->err = stream && request_flag(rq, "stderr", false);
	a->framed = !c->tty;
	*x = (struct attaching){ .d = rq->daemon,
				 .c = c,
				 .a = a,
				 .stream = stream,
				 .logs = c->keeps_log && request_flag(rq, "logs", false) };
	x->what = (struct log_options){ .out = request_flag(rq, "stdout", false),
					.err = request_flag(rq, "stderr", false),
					.framed = a->framed,
					.since_nsec = INT64_MIN,
					.until_nsec = INT64_MAX };
	pthread_mutex_lock(&rq->daemon->containers.lock);
	c->attaching++;
	pthread_mutex_unlock(&rq->daemon->containers.lock);
	*ret = x;
	return 0;
}

int api_container_attach(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct hijack hijack = { take, drop };
	struct attaching *x = NULL;
	struct container *c;
	const char *type;
	int r = containers_find(&rq->daemon->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	r = container_is_paused(rq->daemon, c)
		    ? err_set(err, -EBUSY,
			      "container %s is paused, unpause the container before attach",
			      c->rec.id)
		    : prepare(rq, c, &x);
	if (r < 0) {
		container_unref(&rq->daemon->containers, c);
		return r;
	}
	type = rq->api_minor < 42 || c->tty ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM;
	container_publish(rq->daemon, c, "attach", NULL);
	return reply_hijack(rq, rp, type, &hijack, x);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A client that attaches before the start is told 101 and its connection is
 * kept by the container until the start hands it to the shim.  The client may ask for the start
 * as soon as it has read the 101, so the container counts clients that are being told, and a
 * start waits for them: whoever attached before the start misses no output.  Who wants the log as
 * well gets it through a relay: the output queues in it while the log is sent, and the start waits
 * for no client that reads slowly.
 */
#include "daemon/container/attach.h"
#include "daemon/log/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/api/api.h"
#include "daemon/container/transition.h"

struct attaching {
	struct daemon *d;
	struct container *c;
	struct attachment *a;
	bool counted;		 /* a start waits for it */
	bool stream;		 /* else only the log is wanted */
	bool logs;		 /* first what the log holds */
	struct log_options what; /* of it */
};

/* What comes now is no matter of the next start. */
static void let_start(struct attaching *x)
{
	if (!x->counted)
		return;
	x->counted = false;
	pthread_mutex_lock(&x->d->containers.lock);
	x->c->attaching--;
	pthread_mutex_unlock(&x->d->containers.lock);
	hub_wake(x->d->hub);
}

static void attaching_free(struct attaching *x)
{
	let_start(x);
	container_unref(x->c);
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

/* Return: 0, with the place in the log from which on the client gets the output; -errno. */
static int hand_over(struct attaching *x, int fd, struct log_place *ret)
{
	const struct attachment *a = x->a;
	struct shim_call call = {
		.containers_fd = x->d->containers.dir_fd,
		.id = x->c->rec.id,
		.request = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b}", "op", "attach", "target", "",
				     "stdin", a->in, "stdout", a->out, "stderr", a->err, "framed",
				     a->framed),
		.send_fd = fd,
		.timeout_msec = SHIM_TIMEOUT_MSEC,
	};
	cleanup_json json_t *answer = NULL;
	struct err err = { 0 };
	const json_t *place;
	int r = shim_request(&call, &answer, &err);

	if (r < 0) {
		attach_error(fd, a->framed, err.msg);
		return r;
	}
	place = json_object_get(answer, "log");
	*ret = (struct log_place){
		.number = (uint64_t)json_integer_value(json_object_get(place, "number")),
		.offset = (uint64_t)json_integer_value(json_object_get(place, "offset")),
	};
	return 0;
}

/*
 * To the shim; without one, the container keeps the connection for the start.
 * Return: 0, with @ret_shim and the place in the log where a shim begins; -errno.
 */
static int pass_on(struct attaching *x, bool *ret_shim, struct log_place *ret)
{
	pthread_mutex_lock(&x->d->containers.lock);
	prune(x->c);
	*ret_shim = x->c->shim;
	if (!*ret_shim && !x->c->removed) {
		x->a->next = x->c->attachments;
		x->c->attachments = take_ptr(x->a);
	}
	pthread_mutex_unlock(&x->d->containers.lock);
	return *ret_shim ? hand_over(x, x->a->fd, ret) : 0;
}

static int log_end(const struct attaching *x, struct log_place *ret)
{
	cleanup(log_files_reset) struct log_files log;

	log_files_init(&log, openat(x->d->containers.dir_fd, x->c->rec.id,
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	return log_files_end(&log, ret);
}

/*
 * The output is queued for the client from a known place in the log on: where the shim says, or,
 * before a start, which waits, at the log's end.  The log up to there is sent first, and then what
 * was queued is passed on.
 */
static void replay_and_go_on(struct attaching *x)
{
	int client = take_fd(&x->a->fd), r;
	struct log_place place;
	struct relay *relay;
	pthread_t thread;
	bool shim;

	x->a->fd = relay_new(client, &relay);
	if (x->a->fd < 0)
		return;
	r = pass_on(x, &shim, &place);
	if (r == 0 && !shim)
		r = log_end(x, &place);
	let_start(x);
	if (r == 0 && place.number > 0)
		r = log_replay(x->d->containers.dir_fd, x->c->rec.id, &x->what, &place, client);
	if (r < 0)
		(void)shutdown(client, SHUT_RDWR); /* rather than output with a gap */
	if (relay_start(relay, &thread) == 0)
		pthread_detach(thread);
}

static void take(void *arg, int fd, const void *early, size_t len)
{
	struct attaching *x = arg;
	struct log_place place;
	bool shim;

	x->a->fd = attach_early(fd, early, len);
	if (x->a->fd >= 0 && x->logs && x->stream) {
		replay_and_go_on(x);
	} else if (x->a->fd >= 0 && x->logs) {
		let_start(x);
		(void)log_replay(x->d->containers.dir_fd, x->c->rec.id, &x->what, NULL, x->a->fd);
	} else if (x->a->fd >= 0 && x->stream) {
		(void)pass_on(x, &shim, &place);
	}
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
				 .counted = true,
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
	r = container_is_paused(c)
		    ? err_set(err, -EBUSY,
			      "container %s is paused, unpause the container before attach",
			      c->rec.id)
		    : prepare(rq, c, &x);
	if (r < 0) {
		container_unref(c);
		return r;
	}
	type = rq->api_minor < 42 || c->tty ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM;
	container_publish(c, "attach", NULL);
	return reply_hijack(rq, rp, type, &hijack, x);
}

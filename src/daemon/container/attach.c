/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A client that attaches before the start is told 101 and its connection is
 * kept by the container until the start hands it to the shim.  The client may ask for the start
 * as soon as it has read the 101, so the container counts clients that are being told, and a
 * start waits for them: whoever attached before the start misses no output.  Who wants the log as
 * well gets it through a relay: the output queues in it while the log is sent, and the start waits
 * for no client that reads slowly.
 *
 * Connections are clients'; what they send goes to the shim as it comes.
 */
#include "daemon/container/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/detach.h"
#include "base/fd.h"
#include "base/frames.h"
#include "base/relay.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/container/transition.h"
#include "daemon/log/files.h"
#include "daemon/log/replay.h"

#define ATTACHING_MSEC	5000
#define ATTACHMENTS_MAX 256u

/* A client that attached before the start. */
struct attachment {
	struct attachment *next;
	int fd;
	bool in, out, err, framed;
	char *detach_keys; /* owned; NULL: the default */
};

struct attaching {
	struct container *c; /* a reference */
	struct attachment *a;
	bool counted;		 /* a start waits for it */
	bool stream;		 /* the client wants output from now on; else only the log */
	bool logs;		 /* the client wants the log first */
	struct log_options what; /* which part of the log */
};

void attachments_free(struct attachment *list)
{
	while (list) {
		struct attachment *a = list;

		list = a->next;
		if (a->fd >= 0)
			close(a->fd);
		free(a->detach_keys);
		free(a);
	}
}

int attach_early(int fd, const void *early, size_t len)
{
	cleanup_close int inner = -1;
	struct relay *r;
	int code;

	if (len == 0)
		return fd;
	inner = relay_new(fd, &r);
	if (inner < 0)
		return inner;
	code = relay_feed(r, early, len);
	if (code < 0) {
		relay_free(r);
		return code;
	}
	code = relay_start(r, NULL);
	return code < 0 ? code : take_fd(&inner);
}

static void send_error(int fd, bool framed, const char *text)
{
	size_t len = strlen(text) + 2;
	unsigned char header[FRAMES_HEADER_BYTES];

	frames_put(header, FRAMES_STDOUT, len);
	if (framed && send(fd, header, sizeof(header), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
	if (send(fd, text, len - 2, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		(void)send(fd, "\r\n", 2, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void attach_error(int fd, bool framed, const char *text)
{
	send_error(fd, framed, text);
	/* A shim that did not answer may still have its duplicate of the connection, so closing
	 * ours would not end it: shutdown() does. */
	(void)shutdown(fd, SHUT_RDWR);
}

/* Lets a start go on without waiting for this client any more. */
static void let_start(struct attaching *x)
{
	if (!x->counted)
		return;
	x->counted = false;
	pthread_mutex_lock(&x->c->table->lock);
	x->c->attaching--;
	pthread_mutex_unlock(&x->c->table->lock);
	hub_wake(x->c->table->hub);
}

void attach_drop(struct attaching *x)
{
	let_start(x);
	container_unref(x->c);
	attachments_free(x->a);
	free(x);
}

/* Forgets clients that went away while they waited for a start.  Under the table's lock. */
static unsigned forget_gone_clients(struct container *c)
{
	unsigned n = 0;

	for (struct attachment **p = &c->attachments; *p;) {
		struct attachment *a = *p;

		if (fd_wait(a->fd, 0, 0) == 0) {
			p = &a->next;
			n++;
			continue;
		}
		*p = a->next;
		a->next = NULL;
		attachments_free(a);
	}
	return n;
}

static int ask_shim(const struct container *c, const struct attachment *a, json_t **ret,
		    struct err *err)
{
	struct shim_call call = {
		.request = { .op = CONTROL_ATTACH,
			     .wants = { [LINK_STDIN] = a->in,
					[LINK_STDOUT] = a->out,
					[LINK_STDERR] = a->err },
			     .framed = a->framed,
			     .keeps_input = !c->stdin_once,
			     .detach_keys = a->detach_keys },
		.fd = a->fd,
		.timeout_msec = SHIM_TIMEOUT_MSEC,
	};

	return shim_call(container_shim(c), &call, ret, err);
}

/* Gives the connection to the shim.  Return: 0, with the place in the log where the client's output
 * begins; -errno. */
static int hand_over(struct attaching *x, struct log_place *ret)
{
	cleanup_json json_t *answer = NULL;
	struct err err = { 0 };
	struct answer_log place;
	int r = ask_shim(x->c, x->a, &answer, &err);

	if (r == 0)
		r = answer_log_read(answer, &place, &err);

	if (r < 0) {
		attach_error(x->a->fd, x->a->framed, err.msg);
		return r;
	}
	*ret = (struct log_place){ .number = place.number, .offset = place.offset };
	return 0;
}

/*
 * Gives the connection to the shim, or, where there is none, to the container, which keeps it
 * for the start.
 *
 * Return: 0, with @ret_shim: a shim has it, and the place in the log where its output begins;
 * -errno.
 */
static int pass_connection_on(struct attaching *x, bool *ret_shim, struct log_place *ret)
{
	pthread_mutex_lock(&x->c->table->lock);
	(void)forget_gone_clients(x->c);
	*ret_shim = container_is(x->c, STATES_SHIM);
	if (!*ret_shim && !container_is(x->c, STATE(REMOVED))) {
		x->a->next = x->c->attachments;
		x->c->attachments = take_ptr(x->a);
	}
	pthread_mutex_unlock(&x->c->table->lock);
	return *ret_shim ? hand_over(x, ret) : 0;
}

static int log_end(const struct attaching *x, struct log_place *ret)
{
	cleanup(log_files_reset) struct log_files log;

	log_files_init(&log, openat(x->c->table->dir_fd, x->c->rec.id,
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	return log_files_end(&log, ret);
}

/*
 * The relay queues the client's output from a known place in the log on: where the shim says
 * that it begins, or at the log's end before a start, which waits for us.  First the log up to
 * that place is sent, then what was queued is passed on.
 */
static void replay_and_go_on(struct attaching *x)
{
	int client = take_fd(&x->a->fd), r;
	struct log_place place;
	struct relay *relay;
	bool shim;

	x->a->fd = relay_new(client, &relay);
	if (x->a->fd < 0)
		return;
	r = pass_connection_on(x, &shim, &place);
	if (r == 0 && !shim)
		r = log_end(x, &place);
	let_start(x);
	if (r == 0 && place.number > 0)
		r = log_replay(x->c->table->dir_fd, x->c->rec.id, &x->what, &place, client);
	if (r < 0)
		(void)shutdown(client, SHUT_RDWR); /* no output is better than output with a gap */
	(void)relay_start(relay, NULL);
}

void attach_take(struct attaching *x, int fd, const void *early, size_t len)
{
	struct log_place place;
	bool shim;

	x->a->fd = attach_early(fd, early, len);
	if (x->a->fd >= 0 && x->logs && x->stream) {
		replay_and_go_on(x);
	} else if (x->a->fd >= 0 && x->logs) {
		let_start(x);
		(void)log_replay(x->c->table->dir_fd, x->c->rec.id, &x->what, NULL, x->a->fd);
	} else if (x->a->fd >= 0 && x->stream) {
		(void)pass_connection_on(x, &shim, &place);
	}
	attach_drop(x);
}

/* Refuses more clients than may wait for a start, as each costs a descriptor. */
static int check_attach(struct container *c, struct err *err)
{
	unsigned n;

	if (container_is_paused(c))
		return err_set(err, -EBUSY,
			       "container %s is paused, unpause the container before attach",
			       c->rec.id);
	pthread_mutex_lock(&c->table->lock);
	n = container_is(c, STATES_SHIM) ? 0 : c->attaching + forget_gone_clients(c);
	pthread_mutex_unlock(&c->table->lock);
	return n < ATTACHMENTS_MAX ? 0
				   : err_set(err, -EUSERS,
					     "%u clients wait for the start of container %s, and "
					     "not more at once",
					     ATTACHMENTS_MAX, c->rec.id);
}

int attach_prepare(struct container *c, const struct attach_options *o, struct attaching **ret,
		   struct err *err)
{
	struct attaching *x = NULL;
	struct attachment *a;
	struct detach_keys keys;
	int r = check_attach(c, err);

	if (r == 0)
		r = detach_keys_parse(o->detach_keys, &keys, err);
	if (r < 0)
		return r;
	x = calloc(1, sizeof(*x));
	a = calloc(1, sizeof(*a));
	if (!x || !a) {
		free(x);
		free(a);
		return err_nomem(err);
	}
	*a = (struct attachment){ .fd = -1,
				  .in = o->stream && c->open_stdin && o->in,
				  .out = o->stream && o->out,
				  .err = o->stream && o->err,
				  .framed = !c->tty };
	a->detach_keys = o->detach_keys ? strdup(o->detach_keys) : NULL;
	*x = (struct attaching){ .c = container_ref(c),
				 .a = a,
				 .counted = true,
				 .stream = o->stream,
				 .logs = c->keeps_log && o->logs };
	x->what = (struct log_options){ .out = o->out,
					.err = o->err,
					.framed = a->framed,
					.since_nsec = INT64_MIN,
					.until_nsec = INT64_MAX };
	pthread_mutex_lock(&c->table->lock);
	c->attaching++;
	pthread_mutex_unlock(&c->table->lock);
	container_publish(c, "attach", NULL);
	*ret = x;
	return 0;
}

static bool nobody_attaches(const struct container *c, const void *arg)
{
	(void)arg;
	return c->attaching == 0;
}

void attach_hand_over(struct container *c)
{
	struct attachment *list;

	/* Clients that are being told 101 at this moment are to see this start's output. */
	(void)container_wait(c, nobody_attaches, NULL, ATTACHING_MSEC, -1);
	pthread_mutex_lock(&c->table->lock);
	list = take_ptr(c->attachments);
	container_enter(c, CONTAINER_LAUNCHED);
	pthread_mutex_unlock(&c->table->lock);
	/* A client that cannot be given to the shim finds its connection closed; the container
	 * starts all the same. */
	for (const struct attachment *a = list; a; a = a->next)
		(void)ask_shim(c, a, NULL, NULL);
	attachments_free(list);
}

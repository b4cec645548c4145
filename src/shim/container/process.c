/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Output is a stream of bytes per channel with a position.  Each client is at
 * a position of its own; the guest gets credit up to the position of the slowest one, so no
 * more than a window is ever queued for a client, and without clients nothing holds the process up.
 * Input goes the other way: clients are read only as far as the guest has given credit, and
 * stdin is closed when the last client that could write to it is done.
 *
 * The guest controls when and what the process puts out, the clients what they send and take.
 */
#include "shim/container/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/names.h"
#include "shim/container/containers.h"
#include "shim/container/ending.h"

#define INPUT_CHUNK 32768u
#define CLIENTS_MAX 512u

static void on_readable(void *arg, struct client *c);
static void on_taken(void *arg, struct client *c);
static void on_gone(void *arg, struct client *c);

static const struct client_handler client_handler = {
	.readable = on_readable,
	.taken = on_taken,
	.gone = on_gone,
};

int process_new(struct container *c, const char *target, struct oci_process *spec,
		struct process **ret)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->container = c;
	memcpy(p->target, target, strlen(target) + 1);
	p->spec = spec;
	LIST_INIT(&p->clients);
	*ret = p;
	return 0;
}

void process_free(struct process *p)
{
	struct client *c;

	while ((c = LIST_FIRST(&p->clients))) {
		LIST_REMOVE(c, entry);
		client_free(c);
	}
	if (p->waiter)
		server_forget(p->waiter);
	source_free(p->deadline);
	oci_process_free(p->spec);
	buf_reset(&p->files);
	free(p);
}

static void waiter_gone(void *arg, struct conn *conn)
{
	struct process *p = arg;

	(void)conn;
	p->waiter = NULL;
}

void process_answer_to(struct process *p, struct conn *conn)
{
	p->waiter = conn;
	server_wait(conn, waiter_gone, p);
}

static struct link_conn *link_of(const struct process *p)
{
	return guest_link(p->container->all->life->guest);
}

static struct link_header process_header(const struct process *p, enum link_type type)
{
	return (struct link_header){ .type = type, .stream = p->stream };
}

/* Gives the guest credit for what the slowest client has taken. */
static void grant_credit(struct process *p, enum link_channel channel)
{
	uint64_t slowest = p->received[channel];
	struct client *c;

	if (p->state == PROCESS_OVER)
		return;
	LIST_FOREACH (c, &p->clients, entry) {
		uint64_t taken = client_taken(c, channel);

		if (taken < slowest)
			slowest = taken;
	}
	if (slowest == p->granted[channel])
		return;
	(void)link_grant(link_of(p), p->stream, channel, (size_t)(slowest - p->granted[channel]));
	p->granted[channel] = slowest;
}

static void grant_all(struct process *p)
{
	grant_credit(p, LINK_STDOUT);
	grant_credit(p, LINK_STDERR);
}

/* Closes the process's stdin if it is to be, and can be now. */
static void close_input(struct process *p)
{
	if (!p->input_over || p->input_closed || p->state != PROCESS_RUNNING)
		return;
	p->input_closed = true;
	(void)link_send(link_of(p), process_header(p, LINK_EOF), NULL, 0);
}

/* A client's input is over.  A terminal stays open when those who typed at it have gone, as with
 * docker. */
static void end_input(struct process *p)
{
	struct client *c;

	if (p->spec->terminal)
		return;
	LIST_FOREACH (c, &p->clients, entry)
		if (!c->input_ended)
			return;
	p->input_over = true;
	close_input(p);
}

/* Kills a process whose work nobody waits for any more: it may be reading a whole disk. */
static void kill_unwanted(struct process *p)
{
	p->unwanted = true;
	(void)process_signal(p, SIGKILL);
}

static void drop_client(struct process *p, struct client *c)
{
	bool ends_input = c->options.wants[LINK_STDIN] && !c->options.keeps_input;

	LIST_REMOVE(c, entry);
	client_free(c);
	if (ends_input)
		end_input(p);
	grant_all(p);
	if (process_is_files(p) && LIST_EMPTY(&p->clients))
		kill_unwanted(p);
}

/* The client left by its keys: it gets what is on its way, and then its end; the process goes on.
 */
static void detach_client(struct process *p, struct client *c)
{
	if (client_finish(c) < 0)
		drop_client(p, c);
	else
		grant_all(p);
}

/* Frees a process that is over when the last client is gone; the init stays for those who ask. */
static void maybe_free(struct process *p)
{
	if (p->state != PROCESS_OVER || p == p->container->init || !LIST_EMPTY(&p->clients))
		return;
	LIST_REMOVE(p, entry);
	process_free(p);
}

static size_t input_room(const struct process *p)
{
	if (p->state != PROCESS_RUNNING || p->input_closed)
		return 0;
	return link_credit(link_of(p), p->stream, LINK_STDIN);
}

/* Moves what there is and what there is credit for.  The client may be freed. */
static void move_input(struct process *p, struct client *c)
{
	char chunk[DETACH_KEYS_MAX + INPUT_CHUNK];
	size_t room;

	while ((room = input_room(p)) > c->options.keys.held) {
		ssize_t n = client_read(c, chunk, room < INPUT_CHUNK ? room : INPUT_CHUNK);

		if (n == -EAGAIN) {
			client_want_input(c, true);
			return;
		}
		if (n == 0)
			break;
		(void)link_data(link_of(p), p->stream, LINK_STDIN, chunk, (size_t)n);
	}
	if (!c->input_ended) {
		client_want_input(c, false);
		return;
	}
	if (c->detached) {
		detach_client(p, c);
		return;
	}
	if (!c->options.keeps_input)
		end_input(p);
	if (c->state == CLIENT_DEAF)
		drop_client(p, c);
}

static void on_readable(void *arg, struct client *c)
{
	struct process *p = arg;

	move_input(p, c);
}

static void on_taken(void *arg, struct client *c)
{
	struct process *p = arg;

	(void)c;
	grant_all(p);
	container_lost(p->container);
}

static void on_gone(void *arg, struct client *c)
{
	struct process *p = arg;
	struct container *container = p->container;

	drop_client(p, c);
	maybe_free(p);
	container_lost(container);
}

void process_input_ready(struct process *p)
{
	struct client *c, *next;

	for (c = LIST_FIRST(&p->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		if (!c->input_ended)
			move_input(p, c);
	}
}

static unsigned count_clients(const struct process *p)
{
	struct client *c;
	unsigned n = 0;

	LIST_FOREACH (c, &p->clients, entry)
		n++;
	return n;
}

int process_attach(struct process *p, int fd, const struct client_options *options)
{
	struct client_options o = *options;
	struct client *c;
	int r;

	if (count_clients(p) >= CLIENTS_MAX)
		return -EUSERS;
	o.wants[LINK_STDIN] = o.wants[LINK_STDIN] && p->spec->open_stdin && !p->input_closed;
	r = client_new(p->container->all->loop, fd, &o, &client_handler, &c);
	if (r < 0)
		return r;
	c->arg = p;
	memcpy(c->taken, p->received, sizeof(c->taken));
	LIST_INSERT_HEAD(&p->clients, c, entry);
	if (o.wants[LINK_STDIN]) {
		p->input_over = false;
		move_input(p, c);
	}
	return 0;
}

static int on_deadline(struct source *source, void *arg)
{
	struct process *p = arg;
	struct container *c = p->container;
	struct err err;

	(void)source;
	err_set(&err, -ETIMEDOUT,
		"the guest did not start the process in time; see `moat logs --boot`");
	if (p == c->init)
		container_fail(c, EXIT_NOT_STARTED, &err);
	else if (p->waiter)
		server_answer(p->waiter, &err);
	p->unwanted = true;
	return 0;
}

static int send_spawn(struct process *p)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	struct link_conn *link = link_of(p);
	bool files = process_is_files(p);
	struct link_header h = process_header(p, files ? LINK_FILES : LINK_SPAWN);
	int r = files ? buf_add(&payload, p->files.data, p->files.len)
		      : oci_process_put(&payload, p->spec);

	h.container = p->container->number;
	if (r == 0)
		r = link_open(link, p->stream);
	if (r == 0)
		r = link_send(link, h, payload.data, payload.len);
	if (r == 0)
		r = link_grant(link, p->stream, LINK_STDOUT, LINK_WINDOW);
	if (r == 0)
		r = link_grant(link, p->stream, LINK_STDERR, LINK_WINDOW);
	return r;
}

int process_spawn(struct process *p)
{
	const struct containers *all = p->container->all;
	uint64_t usec =
		p == p->container->init ? all->deadlines->spawn_usec : all->deadlines->exec_usec;
	int r = loop_add_timer(all->loop, usec, on_deadline, p, &p->deadline);

	if (r == 0)
		r = send_spawn(p);
	if (r < 0)
		link_close(link_of(p), p->stream);
	else
		p->state = PROCESS_STARTING;
	return r;
}

int process_started(struct process *p)
{
	if (p->state != PROCESS_STARTING)
		return -EBADMSG;
	p->state = PROCESS_RUNNING;
	source_free(p->deadline);
	p->deadline = NULL;
	if (p->unwanted)
		return process_signal(p, SIGKILL);
	close_input(p);
	process_input_ready(p);
	return 0;
}

int process_signal(struct process *p, int signo)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r;

	if (p->state != PROCESS_RUNNING)
		return -EBUSY;
	r = wire_put_u32(&payload, (uint32_t)signo);
	if (r < 0)
		return r;
	return link_send(link_of(p), process_header(p, LINK_SIGNAL), payload.data, payload.len);
}

int process_resize(struct process *p, uint16_t rows, uint16_t columns)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r;

	if (!p->spec->terminal)
		return -ENOTTY;
	p->spec->rows = rows;
	p->spec->cols = columns;
	if (p->state == PROCESS_WAITING)
		return 0;
	r = wire_put_u16(&payload, rows);
	if (r == 0)
		r = wire_put_u16(&payload, columns);
	if (r < 0)
		return r;
	return link_send(link_of(p), process_header(p, LINK_RESIZE), payload.data, payload.len);
}

void process_over(struct process *p)
{
	struct client *c, *next;

	if (p->state == PROCESS_STARTING || p->state == PROCESS_RUNNING)
		link_close(link_of(p), p->stream);
	p->state = PROCESS_OVER;
	source_free(p->deadline);
	p->deadline = NULL;
	for (c = LIST_FIRST(&p->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		if (client_finish(c) < 0)
			drop_client(p, c);
	}
	maybe_free(p);
}

static bool takes_output(const struct process *p, enum link_channel channel)
{
	return (p->state == PROCESS_STARTING || p->state == PROCESS_RUNNING) &&
	       channel != LINK_STDIN;
}

/* Writes output to the log; shim.log tells where a gap in it begins and where it ends. */
static void keep_output(struct crilog *log, enum link_channel channel, const void *data, size_t len)
{
	int r = crilog_write(log, channel, data, len);
	uint64_t lost = crilog_take_lost(log);

	if (r < 0)
		log_warning(CONTAINER_LOG_FILE ": %s; output is missing there", strerror(-r));
	if (lost > 0)
		log_warning(CONTAINER_LOG_FILE ": up to %llu bytes of output are missing there",
			    (unsigned long long)lost);
}

int process_output(struct process *p, enum link_channel channel, const void *data, size_t len)
{
	struct client *c, *next;

	if (!takes_output(p, channel))
		return -EBADMSG;
	if (p == p->container->init) {
		if (!p->container->times.output)
			p->container->times.output = clock_mono_usec();
		if (p->container->log)
			keep_output(p->container->log, channel, data, len);
	}
	p->received[channel] += len;
	for (c = LIST_FIRST(&p->clients); c; c = next) {
		next = LIST_NEXT(c, entry);
		if (client_write(c, channel, data, len) < 0)
			drop_client(p, c);
	}
	/* Output of the other channel that was queued before may have been sent with it, which
	 * is credit for the guest. */
	grant_all(p);
	return 0;
}

int process_output_end(struct process *p, enum link_channel channel)
{
	return takes_output(p, channel) ? 0 : -EBADMSG;
}

bool process_busy(const struct process *p)
{
	const struct client *c;

	LIST_FOREACH (c, &p->clients, entry)
		if (client_busy(c))
			return true;
	return false;
}

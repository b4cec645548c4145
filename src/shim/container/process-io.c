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
#include "shim/container/process-io.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/names.h"
#include "shim/container/containers.h"
#include "shim/container/event.h"

#define INPUT_CHUNK 32768u
#define CLIENTS_MAX 512u

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
	(void)link_grant(process_link(p), p->stream, channel,
			 (size_t)(slowest - p->granted[channel]));
	p->granted[channel] = slowest;
}

static void grant_all(struct process *p)
{
	grant_credit(p, LINK_STDOUT);
	grant_credit(p, LINK_STDERR);
}

/* Closes the process's stdin if that is asked for, and possible now. */
void process_close_input(struct process *p)
{
	if (!p->input_over || p->input_closed || p->state != PROCESS_RUNNING)
		return;
	p->input_closed = true;
	(void)link_send(process_link(p), process_header(p, LINK_EOF), NULL, 0);
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
	process_close_input(p);
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
	if (!process_is_program(p) && LIST_EMPTY(&p->clients))
		kill_unwanted(p);
}

/* The client left by its keys: it gets what is on its way, and then its end; the process goes on.
 */
static void detach_client(struct process *p, struct client *c)
{
	server_tell_all(p->container->all->server, event_detached(p->container, p->target));
	if (client_finish(c) < 0)
		drop_client(p, c);
	else
		grant_all(p);
}

/* Frees a process that is over when its last client is gone; the container's own stays, for those
 * who ask how it ended. */
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
	return link_credit(process_link(p), p->stream, LINK_STDIN);
}

/* Passes on as much input as there is credit for.  The client may be freed. */
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
		(void)link_data(process_link(p), p->stream, LINK_STDIN, chunk, (size_t)n);
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

	LIST_FOREACH_SAFE (c, &p->clients, entry, next)
		if (!c->input_ended)
			move_input(p, c);
}

static unsigned count_clients(const struct process *p)
{
	struct client *c;
	unsigned n = 0;

	LIST_FOREACH (c, &p->clients, entry)
		n++;
	return n;
}

static const struct client_handler client_handler = {
	.readable = on_readable,
	.taken = on_taken,
	.gone = on_gone,
};

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
	LIST_FOREACH_SAFE (c, &p->clients, entry, next)
		if (client_write(c, channel, data, len) < 0)
			drop_client(p, c);
	/* Output of the other channel that was queued before may have been sent with it, which
	 * is credit for the guest. */
	grant_all(p);
	return 0;
}

int process_output_end(struct process *p, enum link_channel channel)
{
	struct client *c, *next;

	if (!takes_output(p, channel))
		return -EBADMSG;
	if (p->order != LINK_CONNECT)
		return 0;
	LIST_FOREACH_SAFE (c, &p->clients, entry, next)
		if (client_end_output(c) < 0)
			drop_client(p, c);
	return 0;
}

bool process_busy(const struct process *p)
{
	const struct client *c;

	LIST_FOREACH (c, &p->clients, entry)
		if (client_busy(c))
			return true;
	return false;
}

void process_finish_clients(struct process *p)
{
	struct client *c, *next;

	LIST_FOREACH_SAFE (c, &p->clients, entry, next)
		if (client_finish(c) < 0)
			drop_client(p, c);
	maybe_free(p);
}

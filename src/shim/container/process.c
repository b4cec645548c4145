/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A process waits until its container is ready in the guest, starts with
 * SPAWN (work on files: with FILES; a connection: with CONNECT), runs from STARTED on, and is over
 * with EXITED or FAILED. Whoever asked for it is answered when it runs or does not.  What it reads
 * and writes is in process-io.c.
 *
 * The guest controls when it starts and ends.
 */
#include "shim/container/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "shim/container/containers.h"
#include "shim/container/ending.h"
#include "shim/container/process-io.h"

int process_new(struct container *c, const char *target, struct oci_process *spec,
		struct process **ret)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->container = c;
	memcpy(p->target, target, strlen(target) + 1);
	p->spec = spec;
	p->order = LINK_SPAWN;
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
	buf_reset(&p->payload);
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

struct link_conn *process_link(const struct process *p)
{
	return guest_link(p->container->all->life->guest);
}

struct link_header process_header(const struct process *p, enum link_type type)
{
	return (struct link_header){ .type = type, .stream = p->stream };
}

static int on_deadline(struct source *source, void *arg)
{
	struct process *p = arg;
	struct container *c = p->container;
	struct err err;

	(void)source;
	if (deadline_goes_on(&p->patience, p->deadline))
		return 0;
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
	struct link_conn *link = process_link(p);
	struct link_header h = process_header(p, p->order);
	int r = process_is_program(p) ? oci_process_put(&payload, p->spec)
				      : buf_add(&payload, p->payload.data, p->payload.len);

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
	int r = loop_add_timer(all->loop, UINT64_MAX, on_deadline, p, &p->deadline);

	if (r == 0)
		r = deadline_begin(&p->patience, p->deadline, p->container->pid, usec);
	if (r == 0)
		r = send_spawn(p);
	if (r < 0)
		link_close(process_link(p), p->stream);
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
	process_close_input(p);
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
	return link_send(process_link(p), process_header(p, LINK_SIGNAL), payload.data,
			 payload.len);
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
	return link_send(process_link(p), process_header(p, LINK_RESIZE), payload.data,
			 payload.len);
}

void process_over(struct process *p)
{
	if (p->state == PROCESS_STARTING || p->state == PROCESS_RUNNING)
		link_close(process_link(p), p->stream);
	p->state = PROCESS_OVER;
	source_free(p->deadline);
	p->deadline = NULL;
	process_finish_clients(p);
}

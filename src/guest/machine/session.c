/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The host speaks, moat-init does: MACHINE first, then any number of
 * containers (guest/machine/table.c) with any number of processes, then SHUTDOWN.  Whatever cannot
 * be done is answered with FAILED.  An order that makes no sense breaks the link, and the machine
 * ends.
 *
 * The host is trusted; its messages are checked for accidents.
 */
#include "guest/machine/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "guest/container/rootfs.h"
#include "guest/container/space.h"
#include "guest/machine/apply.h"
#include "guest/machine/questions.h"
#include "guest/machine/table.h"
#include "guest/process/connection.h"
#include "guest/process/process.h"
#include "link/conn.h"
#include "link/connect.h"
#include "link/network.h"
#include "link/query.h"

static uint64_t boot_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / NSEC_PER_USEC;
}

static int send_hello(struct machine *m)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_hello h = { .version = LINK_VERSION, .boot_usec = boot_usec() };
	struct utsname name;
	int r;

	uname(&name);
	snprintf(h.kernel, sizeof(h.kernel), "%s", name.release);
	r = link_hello_put(&b, &h);
	return r < 0 ? r
		     : link_send(m->link, (struct link_header){ .type = LINK_HELLO }, b.data,
				 b.len);
}

static int on_machine(struct machine *m, struct wire_view payload)
{
	struct link_machine told;
	struct err err = { 0 };
	int r = link_machine_get(payload, &told);

	if (r < 0)
		return r;
	m->has_time = true;
	r = timekeeper_begin(&m->timekeeper);
	if (r == 0 && apply_machine(&told, &err) < 0)
		r = table_send_failed(m, 0, &err);
	return r;
}

/* @c: NULL before CONTAINER */
static int set_network(struct machine *m, struct container *c, struct link_network *n,
		       struct link_header h)
{
	cleanup(oci_network_reset) struct oci_network wanted = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct err err = { 0 };
	int r = oci_network_get(&n->network, &wanted);

	if (r < 0)
		return r;
	if (n->network.len > 0)
		return -EBADMSG;
	r = network_set(&m->network, &wanted, &err);
	if (r == 0 && c)
		(void)container_rename(c, n->hosts, n->resolv_conf, &err);
	r = link_done_put(&b, n->id, &err);
	/* Before CONTAINER the answer is sent together with the next message. */
	return r < 0 ? r : link_send_along(m->link, h, b.data, b.len);
}

static int on_network(struct machine *m, uint16_t number, struct wire_view payload)
{
	const struct link_header h = { .type = LINK_NETWORK, .container = number };
	cleanup(link_network_reset) struct link_network n = { 0 };
	struct container *c = container_find(m, number);
	int r;

	if (!m->has_time || m->is_ending || (c && c->state != CONTAINER_READY))
		return -EPROTO;
	r = link_network_get(payload, &n);
	return r < 0 ? r : set_network(m, c, &n, h);
}

/* Where growth cannot be limited, a full disk of the host's becomes an I/O error. */
static int on_space(const struct container *c, struct wire_view payload)
{
	uint64_t bytes;

	if (wire_get_u64(&payload, &bytes) < 0 || payload.len > 0)
		return -EBADMSG;
	if (c->state == CONTAINER_READY && !c->spec.root_readonly)
		(void)space_limit(c->dir, c->spec.slot, bytes);
	return 0;
}

static int on_spawn(struct container *c, uint32_t stream, struct wire_view payload)
{
	cleanup_oci_process struct oci_process *p = NULL;
	int r;

	if (c->state != CONTAINER_READY || stream == 0)
		return -EPROTO;
	r = oci_process_get(&payload, &p);
	if (r < 0)
		return r;
	if (payload.len > 0)
		return -EBADMSG;
	return process_start(c, stream, p);
}

static int on_files(struct container *c, uint32_t stream, struct wire_view payload)
{
	cleanup(link_files_reset) struct link_files f = { 0 };
	int r;

	if (c->state != CONTAINER_READY || stream == 0)
		return -EPROTO;
	r = link_files_get(payload, &f);
	return r < 0 ? r : process_start_files(c, stream, &f);
}

static int on_connect(struct container *c, uint32_t stream, struct wire_view payload)
{
	cleanup(link_connect_reset) struct link_connect what = { 0 };
	int r;

	if (c->state != CONTAINER_READY || stream == 0)
		return -EPROTO;
	r = link_connect_get(payload, &what);
	return r < 0 ? r : connection_start(c, stream, &what);
}

/* The host refuses a connection that it was told of. */
static int on_call(struct container *c, struct wire_view payload)
{
	struct link_call call;
	int r = link_call_get(payload, &call), fd;

	if (r < 0)
		return r;
	fd = sockets_take(c, call.number);
	fd_close(&fd);
	return 0;
}

static int on_signal(const struct machine *m, uint32_t stream, struct wire_view payload)
{
	struct connection *k;
	uint32_t signo;

	if (wire_get_u32(&payload, &signo) < 0 || payload.len > 0 || signo == 0 || signo > 64)
		return -EBADMSG;
	k = connection_find(m, stream);
	if (k)
		return connection_end(k);
	process_signal(m, stream, (int)signo);
	return 0;
}

static int on_resize(const struct machine *m, uint32_t stream, struct wire_view payload)
{
	uint16_t rows, cols;

	if (wire_get_u16(&payload, &rows) < 0 || wire_get_u16(&payload, &cols) < 0 ||
	    payload.len > 0)
		return -EBADMSG;
	process_resize(m, stream, rows, cols);
	return 0;
}

/* Ends the machine, once nothing runs in any container. */
static void take_down(struct machine *m)
{
	for (const struct container *c = m->containers; c; c = c->next)
		if (c->processes)
			return;
	if (m->is_down)
		return;
	m->is_down = true;
	for (const struct container *c = m->containers; c; c = c->next)
		if (chdir(c->dir) == 0)
			rootfs_unmount(c->spec.slot);
	sync();
	(void)link_send(m->link, (struct link_header){ .type = LINK_DOWN }, NULL, 0);
}

static void on_idle(struct container *c)
{
	if (c->machine->is_ending)
		take_down(c->machine);
	else if (c->state == CONTAINER_ENDING)
		table_drop(c);
}

static int on_shutdown(struct machine *m, struct wire_view payload)
{
	if (m->is_ending || payload.len > 0)
		return -EPROTO;
	m->is_ending = true;
	for (struct container *c = m->containers; c; c = c->next) {
		connections_end(c);
		process_end_all(c);
	}
	take_down(m);
	return 0;
}

static int on_remove(struct container *c, struct wire_view payload)
{
	bool is_idle = !c->processes;

	if (c->state == CONTAINER_ENDING || payload.len > 0)
		return -EPROTO;
	connections_end(c);
	process_end_all(c);
	if (is_idle)
		table_drop(c);
	return 0;
}

static int on_container_message(struct machine *m, const struct link_header *h,
				struct wire_view payload)
{
	struct container *c = container_find(m, h->container);

	if (h->type == LINK_NETWORK)
		return on_network(m, h->container, payload);
	if (h->type == LINK_CONTAINER)
		return c || !m->has_time || m->is_ending ? -EPROTO
							 : table_add(m, h->container, payload);
	if (!c)
		return -EPROTO;
	switch (h->type) {
	case LINK_SPAWN:
		return on_spawn(c, h->stream, payload);
	case LINK_FILES:
		return on_files(c, h->stream, payload);
	case LINK_CONNECT:
		return on_connect(c, h->stream, payload);
	case LINK_CALL:
		return on_call(c, payload);
	case LINK_STATS:
		return question_stats(c, payload);
	case LINK_PROCS:
		return question_procs(c, payload);
	case LINK_LIMITS:
		return question_limits(c, payload);
	case LINK_SPACE:
		return on_space(c, payload);
	case LINK_REMOVE:
		return on_remove(c, payload);
	default:
		return -EPROTO;
	}
}

static int on_input_end(struct machine *m, uint32_t stream)
{
	struct connection *k = connection_find(m, stream);

	if (k)
		return connection_input_end(k);
	process_input_end(m, stream);
	return 0;
}

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct machine *m = arg;

	if (h->container != 0)
		return on_container_message(m, h, payload);
	switch (h->type) {
	case LINK_MACHINE:
		return on_machine(m, payload);
	case LINK_EOF:
		return on_input_end(m, h->stream);
	case LINK_SIGNAL:
		return on_signal(m, h->stream, payload);
	case LINK_RESIZE:
		return on_resize(m, h->stream, payload);
	case LINK_CLOCK:
		return m->has_time ? timekeeper_told(&m->timekeeper, payload) : -EPROTO;
	case LINK_RECLAIM:
		return payload.len > 0 ? -EBADMSG : reclaim_begin(m);
	case LINK_SHUTDOWN:
		return on_shutdown(m, payload);
	default:
		return -EPROTO;
	}
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct connection *k = connection_find(arg, stream);

	if (channel != LINK_STDIN)
		return -EPROTO;
	return k ? connection_input(k, data, len) : process_input(arg, stream, data, len);
}

/* Ends the loop.  loop_quit() takes no negative result: session_run() negates it again. */
static void end_session(struct machine *m, int code)
{
	loop_quit(m->loop, code < 0 ? -code : EPIPE);
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct connection *k = connection_find(arg, stream);
	int r = 0;

	if (!k)
		r = process_output_ready(arg, stream, channel);
	else if (channel == LINK_STDOUT)
		r = connection_output_ready(k);
	if (r < 0)
		end_session(arg, r);
}

static void on_broken(void *arg, int code)
{
	end_session(arg, code);
}

int session_prepare(struct machine *m, struct err *err)
{
	int r = loop_new(&m->loop);

	if (r == 0)
		r = namespaces_open(&m->own);
	if (r == 0) {
		m->pid_fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
		r = m->pid_fd < 0 ? -errno : 0;
	}
	if (r < 0)
		return err_errno(err, r, "open moat-init's namespaces");
	m->idle = on_idle;
	return table_make_vacant(m, err);
}

int session_run(struct machine *m, int fd, struct err *err)
{
	static const struct link_handler handler = {
		.message = on_message,
		.data = on_data,
		.writable = on_writable,
		.broken = on_broken,
	};
	int r = link_conn_new(m->loop, fd, &handler, m, &m->link);

	if (r == 0)
		r = timekeeper_init(&m->timekeeper, m->loop, m->link);
	if (r == 0)
		r = send_hello(m);
	if (r == 0)
		r = loop_run(m->loop);
	return err_errno(err, r > 0 ? -r : r, "guest link");
}

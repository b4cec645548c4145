/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The guest says HELLO and gets MACHINE; from then on containers come and go,
 * each with a number, and their processes, each on its stream.  A guest restored from a template
 * said HELLO before it became one.  SHUTDOWN is answered by DOWN, and then the machine is ended
 * from outside.  Deadlines are the handlers'.
 *
 * The guest is hostile.  Frames and payloads are checked in link/ and here, and the handlers judge
 * whether a message may come now; what may not is a violation, and ends the machine.
 */
#include "shim/machine/guest.h"

#include <errno.h>
#include <stdlib.h>

#include "link/clock.h"
#include "link/setup.h"
#include "shim/machine/setup.h"

enum guest_state {
	GUEST_BOOTING,
	GUEST_UP,
	GUEST_SHUTTING_DOWN,
	GUEST_FORGOTTEN, /* what it says is dropped */
};

struct guest {
	struct guest_handlers to;
	struct link_conn *link;
	enum guest_state state;
	bool ended;
};

static int on_hello(struct guest *g, struct wire_view payload)
{
	struct link_hello hello;
	struct err err;

	if (g->state != GUEST_BOOTING || link_hello_get(payload, &hello) < 0)
		return -EBADMSG;
	if (hello.version == LINK_VERSION) {
		g->to.machine->hello(g->to.machine_arg);
		return 0;
	}
	err_set(&err, -EPROTO,
		"the guest speaks version %u of the link, not %d: its initramfs is of another moat",
		hello.version, LINK_VERSION);
	g->to.machine->failed(g->to.machine_arg, &err);
	return 0;
}

static int on_machine_failed(struct guest *g, struct wire_view payload)
{
	struct err err;

	if (g->state != GUEST_UP || link_failed_get(payload, &err) < 0)
		return -EBADMSG;
	err_wrap(&err, "the machine could not be set up");
	g->to.machine->failed(g->to.machine_arg, &err);
	return 0;
}

static int on_down(struct guest *g, struct wire_view payload)
{
	if (g->state != GUEST_SHUTTING_DOWN || payload.len > 0)
		return -EBADMSG;
	g->to.machine->down(g->to.machine_arg);
	return 0;
}

static int on_clock(struct guest *g, struct wire_view payload)
{
	uint64_t asked_nsec;

	if (g->state == GUEST_BOOTING || link_clock_ask_get(payload, &asked_nsec) < 0)
		return -EBADMSG;
	if (g->to.machine->clock)
		g->to.machine->clock(g->to.machine_arg);
	return clock_send(g->link, asked_nsec);
}

static int on_machine_message(struct guest *g, enum link_type type, struct wire_view payload)
{
	switch (type) {
	case LINK_HELLO:
		return on_hello(g, payload);
	case LINK_FAILED:
		return on_machine_failed(g, payload);
	case LINK_DOWN:
		return on_down(g, payload);
	case LINK_CLOCK:
		return on_clock(g, payload);
	default:
		return -EBADMSG;
	}
}

static int on_container_failed(struct guest *g, uint16_t number, struct wire_view payload)
{
	struct err err;

	if (link_failed_get(payload, &err) < 0)
		return -EBADMSG;
	return g->to.container->failed(g->to.container_arg, number, &err);
}

static int on_oom(struct guest *g, uint16_t number, struct wire_view payload)
{
	uint64_t kills;

	if (wire_get_u64(&payload, &kills) < 0 || payload.len > 0)
		return -EBADMSG;
	return g->to.container->oom(g->to.container_arg, number);
}

static int on_call(struct guest *g, uint16_t number, struct wire_view payload)
{
	struct link_call call;

	if (link_call_get(payload, &call) < 0)
		return -EBADMSG;
	return g->to.container->call(g->to.container_arg, number, &call);
}

static int on_container_message(struct guest *g, const struct link_header *h,
				struct wire_view payload)
{
	const struct guest_container_handler *to = g->to.container;

	switch (h->type) {
	case LINK_READY:
		return payload.len > 0 ? -EBADMSG : to->ready(g->to.container_arg, h->container);
	case LINK_FAILED:
		return on_container_failed(g, h->container, payload);
	case LINK_REMOVED:
		return payload.len > 0 ? -EBADMSG : to->removed(g->to.container_arg, h->container);
	case LINK_STATS:
	case LINK_PROCS:
	case LINK_LIMITS:
	case LINK_NETWORK:
		return to->answer(g->to.container_arg, h->container, h->type, payload);
	case LINK_OOM:
		return on_oom(g, h->container, payload);
	case LINK_CALL:
		return on_call(g, h->container, payload);
	default:
		return -EBADMSG;
	}
}

static int on_started(struct guest *g, uint32_t stream, struct wire_view payload)
{
	uint32_t pid;

	if (wire_get_u32(&payload, &pid) < 0 || payload.len > 0)
		return -EBADMSG;
	return g->to.container->started(g->to.container_arg, stream);
}

static int on_not_started(struct guest *g, uint32_t stream, struct wire_view payload)
{
	struct err err;

	if (link_failed_get(payload, &err) < 0)
		return -EBADMSG;
	return g->to.container->not_started(g->to.container_arg, stream, &err);
}

static int on_exited(struct guest *g, uint32_t stream, struct wire_view payload)
{
	struct link_exited e;

	if (link_exited_get(payload, &e) < 0)
		return -EBADMSG;
	return g->to.container->exited(g->to.container_arg, stream, &e);
}

static int on_process_message(struct guest *g, const struct link_header *h,
			      struct wire_view payload)
{
	switch (h->type) {
	case LINK_STARTED:
		return on_started(g, h->stream, payload);
	case LINK_FAILED:
		return on_not_started(g, h->stream, payload);
	case LINK_EXITED:
		return on_exited(g, h->stream, payload);
	case LINK_EOF:
		return g->to.container->output_end(g->to.container_arg, h->stream, h->channel);
	default:
		return -EBADMSG;
	}
}

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct guest *g = arg;

	if (g->state == GUEST_FORGOTTEN)
		return 0;
	if (!g->to.container && (h->stream != 0 || h->container != 0))
		return -EBADMSG;
	if (h->stream != 0)
		return on_process_message(g, h, payload);
	if (h->container != 0)
		return on_container_message(g, h, payload);
	return on_machine_message(g, h->type, payload);
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct guest *g = arg;

	if (g->state == GUEST_FORGOTTEN)
		return 0;
	return g->to.container
		       ? g->to.container->output(g->to.container_arg, stream, channel, data, len)
		       : -EBADMSG;
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct guest *g = arg;

	if (channel == LINK_STDIN && g->to.container)
		g->to.container->writable(g->to.container_arg, stream);
}

/* Did the link break because the engine ended, and not by the guest's fault? */
static bool engine_left(int code)
{
	return code == 0 || code == -ECONNRESET || code == -EPIPE;
}

static void on_broken(void *arg, int code)
{
	struct guest *g = arg;
	struct err err;

	g->ended = true;
	if (!engine_left(code) && g->state != GUEST_FORGOTTEN) {
		if (code == -EBADMSG)
			err_set(&err, code, "the guest broke the protocol of the link");
		else
			err_errno(&err, code, "guest link");
		g->to.machine->failed(g->to.machine_arg, &err);
	}
	g->to.machine->ended(g->to.machine_arg);
}

int guest_new(struct loop *loop, int fd, const struct guest_handlers *handlers, struct guest **ret)
{
	static const struct link_handler handler = { on_message, on_data, on_writable, on_broken };
	struct guest *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	g->to = *handlers;
	r = link_conn_new(loop, fd, &handler, g, &g->link);
	if (r < 0) {
		free(g);
		return r;
	}
	*ret = g;
	return 0;
}

void guest_free(struct guest *g)
{
	if (!g)
		return;
	link_conn_free(g->link);
	free(g);
}

int guest_greet(struct guest *g)
{
	g->state = GUEST_UP;
	return machine_send(g->link);
}

bool guest_is_up(const struct guest *g)
{
	return g->state == GUEST_UP;
}

bool guest_is_closing(const struct guest *g)
{
	return g->state == GUEST_SHUTTING_DOWN;
}

bool guest_has_ended(const struct guest *g)
{
	return g->ended;
}

bool guest_is_forgotten(const struct guest *g)
{
	return g->state == GUEST_FORGOTTEN;
}

struct link_conn *guest_link(struct guest *g)
{
	return g->link;
}

int guest_tell_clock(struct guest *g)
{
	return g->state == GUEST_UP ? clock_send(g->link, 0) : 0;
}

int guest_add(struct guest *g, uint16_t number, unsigned slot, const struct oci_runtime *rt)
{
	return container_send(g->link, number, slot, rt);
}

int guest_remove(struct guest *g, uint16_t number)
{
	return link_send(g->link, (struct link_header){ .type = LINK_REMOVE, .container = number },
			 NULL, 0);
}

int guest_reclaim(struct guest *g)
{
	return link_send(g->link, (struct link_header){ .type = LINK_RECLAIM }, NULL, 0);
}

int guest_shutdown(struct guest *g)
{
	if (g->state != GUEST_UP)
		return 0;
	g->state = GUEST_SHUTTING_DOWN;
	return link_send(g->link, (struct link_header){ .type = LINK_SHUTDOWN }, NULL, 0);
}

void guest_forget(struct guest *g)
{
	g->state = GUEST_FORGOTTEN;
}

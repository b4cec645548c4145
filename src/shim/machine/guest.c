/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The guest says HELLO, gets MACHINE with the time and CONTAINER with
 * everything that is this container's own, mounts its root and says READY; from then on processes
 * come and go, each on its stream.  A guest restored from a template said HELLO before it became
 * one, and waits for MACHINE.
 * SHUTDOWN is answered by DOWN, and then the machine is ended from outside.  Each
 * wait has a deadline.
 *
 * Where the end is asked for, the init is killed; if that is not heard of soon, because
 * output waits for a client, SHUTDOWN is sent, which has the output dropped.  A guest that still
 * does not say that its init has ended is taken to hang.  One that does is alive, and gets a minute
 * to write back what its processes have written; but nobody waits that long to hear of the end:
 * where DOWN does not follow soon, it is told while the machine goes on.
 *
 * The guest is hostile.  Frames and payloads are checked in link/, here whether they may come now;
 * what may not is a violation, and ends the machine.
 */
#include "shim/machine/guest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "link/clock.h"
#include "link/setup.h"
#include "shim/machine/setup.h"
#include "shim/shim.h"

enum guest_state {
	GUEST_BOOTING,
	GUEST_SETTING_UP,
	GUEST_READY,
	GUEST_KILLING, /* its init */
	GUEST_SHUTTING_DOWN,
	GUEST_ENDED, /* nothing it says matters any more */
};

struct guest {
	struct shim *shim;
	struct link_conn *link;
	enum guest_state state;
	bool was_ready;
	bool link_ended;
	struct source *deadline;
	uint64_t tell_by_usec; /* monotonic: by then an end that was asked for is told */
};

struct link_conn *guest_link(struct guest *g)
{
	return g->link;
}

bool guest_is_ready(const struct guest *g)
{
	return g->state == GUEST_READY;
}

bool guest_was_ready(const struct guest *g)
{
	return g->was_ready;
}

bool guest_is_shutting_down(const struct guest *g)
{
	return g->state == GUEST_SHUTTING_DOWN;
}

bool guest_has_ended(const struct guest *g)
{
	return g->link_ended;
}

void guest_forget(struct guest *g)
{
	g->state = GUEST_ENDED;
	(void)source_set_timer(g->deadline, UINT64_MAX);
}

static void end(struct guest *g, int code, const struct err *err)
{
	guest_forget(g);
	shim_end_machine(g->shim, code, err);
}

int guest_go_on(struct guest *g)
{
	int r = setup_send(g->link, g->shim->config->runtime);

	if (r < 0)
		return r;
	g->state = GUEST_SETTING_UP;
	return source_set_timer(g->deadline, g->shim->options->setup_usec);
}

static int on_hello(struct guest *g, struct wire_view payload)
{
	struct link_hello hello;
	struct err err;

	if (g->state != GUEST_BOOTING || link_hello_get(payload, &hello) < 0)
		return -EBADMSG;
	if (hello.version != LINK_VERSION) {
		err_set(&err, -EPROTO,
			"the guest speaks version %u of the link, not %d: its initramfs is of "
			"another moat",
			hello.version, LINK_VERSION);
		end(g, EXIT_NOT_STARTED, &err);
		return 0;
	}
	return guest_go_on(g);
}

static int on_ready(struct guest *g, struct wire_view payload)
{
	int r;

	if (g->state != GUEST_SETTING_UP || payload.len > 0)
		return -EBADMSG;
	g->state = GUEST_READY;
	g->was_ready = true;
	g->shim->times.ready = clock_mono_usec();
	r = space_begin(g->shim);
	if (r < 0)
		log_warning("the room on the host's disk: %s", strerror(-r));
	shim_ready(g->shim);
	return source_set_timer(g->deadline, UINT64_MAX);
}

static int on_setup_failed(struct guest *g, struct wire_view payload)
{
	struct err err;

	if ((g->state != GUEST_BOOTING && g->state != GUEST_SETTING_UP) ||
	    link_failed_get(payload, &err) < 0)
		return -EBADMSG;
	err_wrap(&err, "the machine could not be set up");
	end(g, EXIT_NOT_STARTED, &err);
	return 0;
}

static int on_down(struct guest *g, struct wire_view payload)
{
	if (g->state != GUEST_SHUTTING_DOWN || payload.len > 0)
		return -EBADMSG;
	end(g, EXIT_KILLED, NULL);
	return 0;
}

static int on_clock(struct guest *g, struct wire_view payload)
{
	uint64_t asked_nsec;

	if (g->state == GUEST_BOOTING || link_clock_ask_get(payload, &asked_nsec) < 0)
		return -EBADMSG;
	return clock_send(g->link, asked_nsec);
}

int guest_tell_clock(struct guest *g)
{
	return g->state == GUEST_READY ? clock_send(g->link, 0) : 0;
}

int guest_tell_space(struct guest *g, uint64_t bytes)
{
	const struct link_header h = { .type = LINK_SPACE, .container = SETUP_CONTAINER };
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r = wire_put_u64(&payload, bytes);

	return r < 0 ? r : link_send(g->link, h, payload.data, payload.len);
}

static int on_oom(struct guest *g, struct wire_view payload)
{
	uint64_t kills;

	if (!g->was_ready || wire_get_u64(&payload, &kills) < 0 || payload.len > 0)
		return -EBADMSG;
	shim_oom(g->shim);
	return 0;
}

static int on_machine_message(struct guest *g, const struct link_header *h,
			      struct wire_view payload)
{
	if (h->container != 0 && h->container != SETUP_CONTAINER)
		return -EBADMSG;
	switch (h->type) {
	case LINK_HELLO:
		return on_hello(g, payload);
	case LINK_READY:
		return on_ready(g, payload);
	case LINK_FAILED:
		return on_setup_failed(g, payload);
	case LINK_DOWN:
		return on_down(g, payload);
	case LINK_STATS:
	case LINK_PROCS:
	case LINK_LIMITS:
		return query_answered(g->shim, h->type, payload);
	case LINK_CLOCK:
		return on_clock(g, payload);
	case LINK_OOM:
		return on_oom(g, payload);
	default:
		return -EBADMSG;
	}
}

static int on_started(struct process *p, struct wire_view payload)
{
	uint32_t pid;
	int r;

	if (wire_get_u32(&payload, &pid) < 0 || payload.len > 0)
		return -EBADMSG;
	r = process_started(p);
	if (r == 0)
		shim_started(p->shim, p);
	return r;
}

static int on_failed(struct process *p, struct wire_view payload)
{
	struct err err;

	if (p->state != PROCESS_STARTING || link_failed_get(payload, &err) < 0)
		return -EBADMSG;
	shim_failed(p->shim, p, &err);
	return 0;
}

static int on_exited(struct process *p, struct wire_view payload)
{
	struct link_exited e;

	if (p->state != PROCESS_RUNNING || link_exited_get(payload, &e) < 0)
		return -EBADMSG;
	shim_exited(p->shim, p, e.signal ? 128 + (int)e.signal : (int)e.code, e.oom);
	return 0;
}

static int on_process_message(struct guest *g, const struct link_header *h,
			      struct wire_view payload)
{
	struct process *p = shim_find_stream(g->shim, h->stream);

	if (!p)
		return -EBADMSG;
	switch (h->type) {
	case LINK_STARTED:
		return on_started(p, payload);
	case LINK_FAILED:
		return on_failed(p, payload);
	case LINK_EXITED:
		return on_exited(p, payload);
	case LINK_EOF:
		return process_output_end(p, h->channel);
	default:
		return -EBADMSG;
	}
}

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct guest *g = arg;

	if (g->state == GUEST_ENDED)
		return 0;
	if (h->stream == 0)
		return on_machine_message(g, h, payload);
	return on_process_message(g, h, payload);
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct guest *g = arg;
	struct process *p = shim_find_stream(g->shim, stream);

	if (g->state == GUEST_ENDED)
		return 0;
	return p ? process_output(p, channel, data, len) : -EBADMSG;
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct guest *g = arg;
	struct process *p = shim_find_stream(g->shim, stream);

	if (p && channel == LINK_STDIN)
		process_input_ready(p);
}

/* Is it the engine's end of the socket that is gone, and no fault of the link? */
static bool engine_left(int code)
{
	return code == 0 || code == -ECONNRESET || code == -EPIPE;
}

static void on_broken(void *arg, int code)
{
	struct guest *g = arg;
	struct err err;

	g->link_ended = true;
	if (!engine_left(code) && g->state != GUEST_ENDED) {
		if (code == -EBADMSG)
			err_set(&err, code, "the guest broke the protocol of the link");
		else
			err_errno(&err, code, "guest link");
		if (shim_try_another(g->shim, &err))
			return;
		end(g, EXIT_KILLED, &err);
	}
	shim_link_ended(g->shim);
}

/* Once, and a deadline for what is to come next. */
static void send_shutdown(struct guest *g, uint64_t usec)
{
	int r = 0;

	if (g->state != GUEST_SHUTTING_DOWN)
		r = link_send(g->link, (struct link_header){ .type = LINK_SHUTDOWN }, NULL, 0);
	g->state = GUEST_SHUTTING_DOWN;
	if (r < 0 || source_set_timer(g->deadline, usec) < 0)
		end(g, EXIT_KILLED, NULL);
}

static int on_deadline(struct source *source, void *arg)
{
	struct guest *g = arg;
	struct err err;

	(void)source;
	if (g->state == GUEST_KILLING) {
		send_shutdown(g, g->shim->options->kill_usec);
		return 0;
	}
	if (g->state == GUEST_SHUTTING_DOWN && shim_tell_end(g->shim)) {
		send_shutdown(g, g->shim->options->shutdown_usec);
		return 0;
	}
	if (g->state == GUEST_SHUTTING_DOWN) {
		log_warning("the guest did not shut down in time, the machine is ended");
		end(g, EXIT_KILLED, NULL);
		return 0;
	}
	err_set(&err, -ETIMEDOUT, "the guest did not come up within %u s; see `moat logs --boot`",
		(unsigned)((g->state == GUEST_BOOTING ? g->shim->options->boot_usec
						      : g->shim->options->setup_usec) /
			   USEC_PER_SEC));
	if (!shim_try_another(g->shim, &err))
		end(g, EXIT_NOT_STARTED, &err);
	return 0;
}

static const struct link_handler handler = {
	.message = on_message,
	.data = on_data,
	.writable = on_writable,
	.broken = on_broken,
};

int guest_new(struct shim *s, int fd, struct guest **ret)
{
	struct guest *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	g->shim = s;
	g->tell_by_usec = UINT64_MAX;
	r = loop_add_timer(s->loop, s->options->boot_usec, on_deadline, g, &g->deadline);
	if (r == 0)
		r = link_conn_new(s->loop, fd, &handler, g, &g->link);
	if (r < 0) {
		guest_free(g);
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
	source_free(g->deadline);
	free(g);
}

void guest_shutdown(struct guest *g)
{
	uint64_t now = clock_mono_usec(), usec = g->shim->options->tell_usec;

	if (g->tell_by_usec != UINT64_MAX)
		usec = g->tell_by_usec > now ? g->tell_by_usec - now : 0;
	if (g->state == GUEST_READY || g->state == GUEST_KILLING || g->state == GUEST_SHUTTING_DOWN)
		send_shutdown(g, usec);
}

void guest_kill(struct guest *g)
{
	if (g->state == GUEST_KILLING || g->state == GUEST_SHUTTING_DOWN)
		return;
	g->tell_by_usec = clock_mono_usec() + 2 * g->shim->options->kill_usec;
	if (g->state == GUEST_READY && process_signal(g->shim->init, SIGKILL) == 0 &&
	    source_set_timer(g->deadline, g->shim->options->kill_usec) == 0)
		g->state = GUEST_KILLING;
	else
		end(g, EXIT_KILLED, NULL);
}

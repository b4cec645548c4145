/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The host speaks, moat-init does: SETUP once, then any number of
 * processes, then SHUTDOWN.  Whatever cannot be done is answered with FAILED on its
 * stream.  An order that makes no sense breaks the link, and the machine ends.
 *
 * The host is trusted; its messages are checked for accidents.
 */
#include "guest/machine/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"
#include "guest/container/rootfs.h"
#include "guest/container/usage.h"
#include "guest/machine/apply.h"
#include "guest/machine/timekeeper.h"
#include "guest/process/process.h"
#include "link/conn.h"
#include "link/query.h"

struct session {
	struct loop *loop;
	struct link_conn *link;
	struct machine *machine;
	struct process_list processes;
	struct timekeeper timekeeper;
	bool is_set_up, is_ending;
	int result;
};

static uint64_t boot_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / NSEC_PER_USEC;
}

static int send_hello(struct session *s)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_hello h = { .version = LINK_VERSION, .boot_usec = boot_usec() };
	struct utsname name;
	int r;

	uname(&name);
	snprintf(h.kernel, sizeof(h.kernel), "%s", name.release);
	r = link_hello_put(&b, &h);
	return r < 0 ? r : link_send(s->link, LINK_HELLO, 0, 0, b.data, b.len);
}

static int on_setup(struct session *s, struct wire_view payload)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct err err = { 0 };
	int r;

	if (s->is_set_up)
		return -EPROTO;
	r = link_setup_get(payload, &s->machine->setup);
	if (r < 0)
		return r;
	s->is_set_up = true;
	r = timekeeper_ask(&s->timekeeper);
	if (r < 0)
		return r;
	r = apply_setup(s->machine, &err);
	if (r == 0)
		return link_send(s->link, LINK_READY, 0, 0, NULL, 0);
	r = link_failed_put(&b, &err);
	return r < 0 ? r : link_send(s->link, LINK_FAILED, 0, 0, b.data, b.len);
}

static int on_options(struct session *s, struct wire_view payload)
{
	if (s->is_set_up || s->machine->has_options)
		return -EPROTO;
	s->machine->has_options = true;
	return oci_options_get(payload, &s->machine->options);
}

static int on_limits(struct session *s, struct wire_view payload)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_strv char **settings = NULL;
	struct err err = { 0 };
	uint32_t id;
	int r = link_limits_get(payload, &id, &settings);

	if (r < 0)
		return r;
	for (char **one = settings; *one && err.code == 0; one++)
		cgroup_change(&s->machine->cgroup, *one, &err);
	r = link_done_put(&b, id, &err);
	return r < 0 ? r : link_send(s->link, LINK_LIMITS, 0, 0, b.data, b.len);
}

static int on_spawn(struct session *s, uint32_t stream, struct wire_view payload)
{
	cleanup_oci_process struct oci_process *p = NULL;
	int r;

	if (!s->is_set_up || s->is_ending || stream == 0)
		return -EPROTO;
	r = oci_process_get(&payload, &p);
	if (r < 0)
		return r;
	if (payload.len > 0)
		return -EBADMSG;
	return process_start(&s->processes, stream, p);
}

static int on_files(struct session *s, uint32_t stream, struct wire_view payload)
{
	cleanup(link_files_reset) struct link_files f = { 0 };
	int r;

	if (!s->is_set_up || s->is_ending || stream == 0)
		return -EPROTO;
	r = link_files_get(payload, &f);
	return r < 0 ? r : process_start_files(&s->processes, stream, &f);
}

static int on_signal(struct session *s, uint32_t stream, struct wire_view payload)
{
	uint32_t signo;

	if (wire_get_u32(&payload, &signo) < 0 || payload.len > 0 || signo == 0 || signo > 64)
		return -EBADMSG;
	process_signal(&s->processes, stream, (int)signo);
	return 0;
}

static int on_resize(struct session *s, uint32_t stream, struct wire_view payload)
{
	uint16_t rows, cols;

	if (wire_get_u16(&payload, &rows) < 0 || wire_get_u16(&payload, &cols) < 0 ||
	    payload.len > 0)
		return -EBADMSG;
	process_resize(&s->processes, stream, rows, cols);
	return 0;
}

static int on_stats(struct session *s, struct wire_view payload)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_stats stats;
	uint32_t id;
	int r = link_question_get(payload, &id);

	if (r < 0)
		return r;
	usage_stats(&s->machine->cgroup, &stats);
	r = link_stats_put(&b, id, &stats);
	return r < 0 ? r : link_send(s->link, LINK_STATS, 0, 0, b.data, b.len);
}

static int on_procs(struct session *s, struct wire_view payload)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_free struct link_proc *procs = NULL;
	size_t n = 0;
	uint32_t id;
	int r = link_question_get(payload, &id);

	if (r < 0)
		return r;
	(void)usage_procs(&s->machine->cgroup, &procs, &n);
	r = link_procs_put(&b, id, procs, n);
	return r < 0 ? r : link_send(s->link, LINK_PROCS, 0, 0, b.data, b.len);
}

static void take_down(void *arg)
{
	struct session *s = arg;

	if (!s->is_ending)
		return;
	rootfs_unmount();
	link_send(s->link, LINK_DOWN, 0, 0, NULL, 0);
}

static int on_shutdown(struct session *s)
{
	bool is_running = s->processes.first != NULL;

	if (s->is_ending)
		return -EPROTO;
	s->is_ending = true;
	if (is_running)
		process_end_all(&s->processes);
	else
		take_down(s);
	return 0;
}

/* What the host sends next is for another session: nothing of this one may be on its way. */
static int on_reset(struct session *s)
{
	if (s->is_ending || s->processes.first || link_pending(s->link) > 0)
		return -EPROTO;
	loop_quit(s->loop, SESSION_RESET);
	return 0;
}

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct session *s = arg;

	switch (h->type) {
	case LINK_SETUP:
		return on_setup(s, payload);
	case LINK_SPAWN:
		return on_spawn(s, h->stream, payload);
	case LINK_FILES:
		return on_files(s, h->stream, payload);
	case LINK_EOF:
		process_input_end(&s->processes, h->stream);
		return 0;
	case LINK_SIGNAL:
		return on_signal(s, h->stream, payload);
	case LINK_RESIZE:
		return on_resize(s, h->stream, payload);
	case LINK_STATS:
		return on_stats(s, payload);
	case LINK_PROCS:
		return on_procs(s, payload);
	case LINK_CLOCK:
		return s->is_set_up ? timekeeper_told(&s->timekeeper, payload) : -EPROTO;
	case LINK_OPTIONS:
		return on_options(s, payload);
	case LINK_LIMITS:
		return on_limits(s, payload);
	case LINK_SHUTDOWN:
		return payload.len > 0 ? -EBADMSG : on_shutdown(s);
	case LINK_RESET:
		return payload.len > 0 ? -EBADMSG : on_reset(s);
	default:
		return -EPROTO;
	}
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct session *s = arg;

	if (channel != LINK_STDIN)
		return -EPROTO;
	return process_input(&s->processes, stream, data, len);
}

static void end(struct session *s, int code)
{
	s->result = code;
	loop_quit(s->loop, SESSION_GONE);
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct session *s = arg;
	int r = process_output_ready(&s->processes, stream, channel);

	if (r < 0)
		end(s, r);
}

static void on_broken(void *arg, int code)
{
	end(arg, code);
}

static int open_link(struct session *s, int port_fd, const struct link_handler *handler)
{
	int fd = fcntl(port_fd, F_DUPFD_CLOEXEC, 3);
	int r = fd < 0 ? -errno : link_conn_new(s->loop, fd, handler, s, &s->link);

	if (r < 0)
		fd_close(&fd);
	return r;
}

static int on_memory_event(struct source *source, int fd, uint32_t events, void *arg)
{
	(void)source, (void)fd, (void)events;
	return process_tell_oom(&((struct session *)arg)->processes);
}

/* Once read, it tells of the next change only. */
static int watch_memory(struct session *s)
{
	if (s->machine->cgroup.events_fd < 0)
		return 0;
	(void)cgroup_oom_kills(&s->machine->cgroup);
	return loop_add_io(s->loop, s->machine->cgroup.events_fd, EPOLLPRI, on_memory_event, s,
			   NULL);
}

int session_run(struct machine *m, int fd)
{
	static const struct link_handler handler = {
		.message = on_message,
		.data = on_data,
		.writable = on_writable,
		.broken = on_broken,
	};
	struct session s = { .machine = m };
	int r = loop_new(&s.loop);

	if (r == 0)
		r = open_link(&s, fd, &handler);
	if (r == 0)
		r = timekeeper_init(&s.timekeeper, s.loop, s.link);
	if (r < 0)
		return r;
	s.processes = (struct process_list){
		.loop = s.loop, .link = s.link, .machine = m, .empty = take_down, .arg = &s
	};
	r = watch_memory(&s);
	if (r == 0)
		r = send_hello(&s);
	if (r == 0)
		r = loop_run(s.loop);
	link_conn_free(s.link);
	loop_free(s.loop);
	return r == 0 ? s.result : r;
}

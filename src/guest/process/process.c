/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A process is starting until its status pipe ends: then its program is
 * executed, or the child has said why not.  It runs until it has ended and its output is sent;
 * EXITED is the last message on its stream.
 *
 * The processes are hostile; they own the other ends of all pipes.
 */
#include "guest/process/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "guest/container/oom.h"
#include "guest/files/root.h"
#include "guest/files/spawn.h"
#include "guest/process/child.h"
#include "guest/process/input.h"
#include "guest/process/output.h"
#include "guest/process/report.h"
#include "guest/process/spawn.h"

enum process_state { PROCESS_STARTING, PROCESS_RUNNING, PROCESS_FAILED };

struct process {
	struct process *next;
	struct container *container;
	uint32_t stream;
	enum process_state state;
	struct spawned spawned; /* some move on when the process runs */
	bool is_files;		/* no program of the container's, but work on its files */
	bool fills;		/* the work sees volumes, and has filled them when it begins */
	bool freezes;		/* the container stands still while this work is done */
	bool has_exited;
	int status;	    /* as waitpid(2) gives it */
	uint64_t oom_kills; /* of the container, before this process was started */
	struct source *child_source;
	struct source *report_source;
	struct buf report;
	struct input in;
	struct output out[2];
};

static void close_report(struct process *p)
{
	source_free(take_ptr(p->report_source));
	fd_close(&p->spawned.status_fd);
	buf_reset(&p->report);
}

/* Thaws the container, unless another operation needs it frozen. */
static void thaw_container(const struct container *c)
{
	const struct process *p = c->processes;

	while (p && !p->freezes)
		p = p->next;
	if (!p)
		(void)cgroup_freeze(&c->cgroup, false);
}

static void process_free(struct process *p)
{
	struct container *c = p->container;
	struct process **at = &c->processes;

	close_report(p);
	stdfds_close(&p->spawned.stdfds);
	input_close(&p->in);
	output_close(&p->out[0]);
	output_close(&p->out[1]);
	source_free(p->child_source);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->freezes)
		thaw_container(c);
	free(p);
	if (!c->processes)
		c->machine->idle(c);
}

static struct process *find_process(const struct machine *m, uint32_t stream)
{
	for (const struct container *c = m->containers; c; c = c->next)
		for (struct process *p = c->processes; p; p = p->next)
			if (p->stream == stream)
				return p;
	return NULL;
}

static int send_failed(struct link_conn *link, uint32_t stream, const struct err *err)
{
	struct link_header h = { .type = LINK_FAILED, .stream = stream };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = link_failed_put(&b, err);

	link_close(link, stream);
	return r < 0 ? r : link_send(link, h, b.data, b.len);
}

static struct link_conn *process_link(const struct process *p)
{
	return p->container->machine->link;
}

static int send_started(struct process *p, int32_t pid)
{
	struct link_header h = { .type = LINK_STARTED, .stream = p->stream };
	unsigned char payload[sizeof(uint32_t)];

	wire_store_u32(payload, (uint32_t)pid);
	return link_send(process_link(p), h, payload, sizeof(payload));
}

static int send_exited(struct process *p)
{
	struct link_exited e = {
		.code = WIFEXITED(p->status) ? (uint32_t)WEXITSTATUS(p->status) : 0,
		.signal = WIFSIGNALED(p->status) ? (uint32_t)WTERMSIG(p->status) : 0,
		.oom = cgroup_oom_kills(&p->container->cgroup) > p->oom_kills,
	};
	struct link_header h = { .type = LINK_EXITED, .stream = p->stream };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = link_exited_put(&b, &e);

	if (r == 0 && e.oom)
		r = oom_tell(p->container);
	link_close(process_link(p), p->stream);
	return r < 0 ? r : link_send(process_link(p), h, b.data, b.len);
}

/* Frees a process that has exited and whose output was sent.  Called whenever one of the two may
 * have happened. */
static int check_process_end(struct process *p)
{
	int r = 0;

	if (!p->has_exited || p->out[0].fd >= 0 || p->out[1].fd >= 0)
		return 0;
	if (p->state == PROCESS_RUNNING)
		r = send_exited(p);
	process_free(p);
	return r;
}

static int set_running(struct process *p, int32_t pid)
{
	struct stdfds *s = &p->spawned.stdfds;
	int r;

	p->state = PROCESS_RUNNING;
	r = send_started(p, pid);
	if (r == 0 && p->spawned.is_first)
		r = sockets_listen(p->container);
	for (int i = 0; r == 0 && i < 2; i++)
		if (s->ours[i + 1] >= 0)
			r = output_open(&p->out[i], take_fd(&s->ours[i + 1]));
	if (r == 0 && s->ours[0] >= 0)
		r = input_open(&p->in, take_fd(&s->ours[0]));
	return r;
}

/* Reads the child's report, when the status pipe has ended. */
static int judge_report(struct process *p)
{
	struct err err = { 0 };
	int32_t pid = report_read(&p->report, &err);

	close_report(p);
	if (pid > 0 && p->fills)
		container_filled(p->container);
	if (pid > 0)
		return set_running(p, pid);
	p->state = PROCESS_FAILED;
	return send_failed(process_link(p), p->stream, &err);
}

static int read_report(struct process *p)
{
	ssize_t n;

	do {
		n = buf_read_fd(&p->report, p->spawned.status_fd, REPORT_MAX_BYTES);
	} while (n > 0 && p->report.len < REPORT_MAX_BYTES);
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	return judge_report(p);
}

static int on_report(struct source *s, int fd, uint32_t events, void *arg)
{
	(void)s;
	(void)fd;
	(void)events;
	return read_report(arg);
}

static void forget_first(struct container *c, pid_t pid)
{
	if (pid != c->first_pid)
		return;
	c->first_pid = 0;
	fd_close(&c->first_pidfd);
}

static int on_child(struct source *s, pid_t pid, int status, void *arg)
{
	struct process *p = arg;
	int r = 0;

	(void)s;
	p->has_exited = true;
	p->status = status;
	forget_first(p->container, pid);
	if (p->state == PROCESS_STARTING) /* the report may follow in this round of the loop */
		r = read_report(p);
	input_close(&p->in);
	for (int i = 0; r == 0 && i < 2; i++) {
		if (p->container->state == CONTAINER_ENDING)
			output_close(&p->out[i]);
		else
			r = output_finish(&p->out[i]);
	}
	return r < 0 ? r : check_process_end(p);
}

static struct process *process_new(struct container *c, uint32_t stream)
{
	struct loop *loop = c->machine->loop;
	struct link_conn *link = c->machine->link;
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->container = c;
	p->stream = stream;
	p->in = (struct input){ .loop = loop, .link = link, .stream = stream, .fd = -1 };
	for (int i = 0; i < 2; i++)
		p->out[i] = (struct output){
			.loop = loop,
			.link = link,
			.stream = stream,
			.channel = i == 0 ? LINK_STDOUT : LINK_STDERR,
			.fd = -1,
		};
	p->oom_kills = cgroup_oom_kills(&c->cgroup);
	return p;
}

/* A child that cannot be watched is killed: its end would never be known. */
static int watch_child(struct process *p, struct err *err)
{
	struct loop *loop = p->container->machine->loop;
	int r = loop_add_child(loop, p->spawned.pid, on_child, p, &p->child_source);

	if (r == 0)
		r = loop_add_io(loop, p->spawned.status_fd, EPOLLIN, on_report, p,
				&p->report_source);
	if (r < 0) {
		child_kill(p->spawned.pid);
		forget_first(p->container, p->spawned.pid);
		err_errno(err, r, "watch the process");
	}
	return r;
}

/* A program of the container's to start, or work on its files. */
struct order {
	const struct oci_process *program;
	const struct link_files *files;
};

static int spawn_program(struct process *p, const struct order *o, struct err *err)
{
	struct container *c = p->container;

	if (o->program)
		return spawn_process(c, o->program, &p->spawned, err);
	p->is_files = true;
	p->fills = files_mount_shares(c, o->files);
	p->freezes = o->files->flags & LINK_FILES_FREEZE && c->first_pid > 0 &&
		     cgroup_freeze(&c->cgroup, true) == 0;
	return files_spawn(c, o->files, &p->spawned, err);
}

static int start_process(struct container *c, uint32_t stream, const struct order *o)
{
	struct link_conn *link = c->machine->link;
	struct process *p = process_new(c, stream);
	struct err err = { 0 };
	int r;

	if (!p)
		return -ENOMEM;
	r = link_open(link, stream);
	if (r < 0) {
		free(p);
		return r;
	}
	r = spawn_program(p, o, &err);
	if (r < 0) {
		if (p->freezes)
			thaw_container(c);
		free(p);
		return send_failed(link, stream, &err);
	}
	p->in.is_tty = o->program && o->program->terminal;
	p->next = c->processes;
	c->processes = p;
	r = watch_child(p, &err);
	if (r < 0) {
		process_free(p);
		return send_failed(link, stream, &err);
	}
	return 0;
}

int process_start(struct container *c, uint32_t stream, const struct oci_process *oci)
{
	return start_process(c, stream, &(struct order){ .program = oci });
}

int process_start_files(struct container *c, uint32_t stream, const struct link_files *f)
{
	return start_process(c, stream, &(struct order){ .files = f });
}

int process_input(const struct machine *m, uint32_t stream, const void *data, size_t len)
{
	struct process *p = find_process(m, stream);

	return p ? input_write(&p->in, data, len) : 0;
}

void process_input_end(const struct machine *m, uint32_t stream)
{
	struct process *p = find_process(m, stream);

	if (p)
		input_end(&p->in);
}

int process_output_ready(const struct machine *m, uint32_t stream, enum link_channel channel)
{
	struct process *p = find_process(m, stream);
	int r;

	if (!p || channel == LINK_STDIN)
		return 0;
	r = output_ready(&p->out[channel == LINK_STDERR]);
	return r < 0 ? r : check_process_end(p);
}

void process_signal(const struct machine *m, uint32_t stream, int signo)
{
	struct process *p = find_process(m, stream);

	if (p && !p->has_exited)
		kill(p->spawned.pid, signo);
}

void process_resize(const struct machine *m, uint32_t stream, uint16_t rows, uint16_t cols)
{
	struct process *p = find_process(m, stream);
	struct winsize size = { .ws_row = rows, .ws_col = cols };

	if (!p || !p->in.is_tty)
		return;
	ioctl(p->in.fd >= 0 ? p->in.fd : p->spawned.stdfds.ours[0], TIOCSWINSZ, &size);
}

void process_end_all(struct container *c)
{
	struct process *p, *next;

	c->state = CONTAINER_ENDING;
	if (c->first_pid > 0)
		kill(c->first_pid, SIGKILL);
	for (p = c->processes; p; p = next) {
		next = p->next;
		if (p->is_files && !p->has_exited)
			kill(p->spawned.pid, SIGKILL);
		if (p->has_exited) {
			output_close(&p->out[0]);
			output_close(&p->out[1]);
			check_process_end(p);
		}
	}
}

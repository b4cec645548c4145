/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Under software emulation most of a start is translation: whatever code a
 * restored machine runs, it runs for the first time.  So a spare machine rehearses: it runs a
 * container of moat's own, from MACHINE to REMOVED, on disks of its own.  What it
 * has translated stays with its process.  Its processors are stopped, and it waits; the container
 * it is given gets its disks in the place of the rehearsal's, and a MACHINE of its own.
 *
 * Nothing of a container, and no secret, has been near the machine before; the guest runs only
 * our kernel and programs, and what it says is checked all the same.
 */
#include "shim/machine/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix.h"
#include "link/clock.h"
#include "link/conn.h"
#include "link/setup.h"
#include "shim/machine/setup.h"
#include "storage/layer.h"

#define REHEARSAL_USEC (60 * USEC_PER_SEC)
#define ROUNDS	       2u /* the second finds what the first has translated */
#define PACKET_MAX     4096

enum spare_state { SPARE_SETTING_UP, SPARE_RUNNING, SPARE_REMOVING, SPARE_READY };

struct spare {
	const struct shim_config *config;
	struct loop *loop;
	struct link_conn *link;
	struct source *timer;
	int keeper_fd;
	enum spare_state state;
	uint32_t stream; /* of the rehearsal's program; its number is that of the round */
	bool over;	 /* the loop is to end, whatever else happens in this round */
	struct adoption *adopted;
	struct err *err;
};

enum { KEEPER_GONE, ADOPTED, REHEARSED }; /* results of the loop */

static void finish(struct spare *s, int result)
{
	if (!s->over)
		loop_quit(s->loop, result);
	s->over = true;
}

static int send_spawn(struct spare *s)
{
	const struct link_header h = { .type = LINK_SPAWN,
				       .container = SETUP_CONTAINER,
				       .stream = s->stream };
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	int r = oci_process_put(&payload, s->config->runtime->process);

	if (r == 0)
		r = link_open(s->link, s->stream);
	if (r == 0)
		r = link_send(s->link, h, payload.data, payload.len);
	if (r == 0)
		r = link_grant(s->link, s->stream, LINK_STDOUT, LINK_WINDOW);
	if (r == 0)
		r = link_grant(s->link, s->stream, LINK_STDERR, LINK_WINDOW);
	return r;
}

static int on_clock(struct spare *s, struct wire_view payload)
{
	uint64_t asked_nsec;

	if (link_clock_ask_get(payload, &asked_nsec) < 0)
		return -EBADMSG;
	return clock_send(s->link, asked_nsec);
}

static int on_failed(struct spare *s, struct wire_view payload)
{
	struct err err;

	if (link_failed_get(payload, &err) < 0)
		return -EBADMSG;
	return err_set(s->err, err.code, "rehearsal: %s", err.msg);
}

static int on_exited(struct spare *s, struct wire_view payload)
{
	const struct link_header h = { .type = LINK_REMOVE, .container = SETUP_CONTAINER };
	struct link_exited e;

	if (link_exited_get(payload, &e) < 0)
		return -EBADMSG;
	if (e.code != 0 || e.signal != 0)
		return err_set(s->err, -EIO, "rehearsal: it ended with status %u, signal %u",
			       e.code, e.signal);
	link_close(s->link, s->stream);
	s->state = SPARE_REMOVING;
	return link_send(s->link, h, NULL, 0);
}

static int on_removed(struct spare *s, struct wire_view payload)
{
	if (s->state != SPARE_REMOVING || payload.len > 0)
		return -EBADMSG;
	if (s->stream < ROUNDS) {
		s->stream++;
		s->state = SPARE_SETTING_UP;
		return setup_send(s->link, s->config->runtime);
	}
	s->state = SPARE_READY;
	s->adopted->machine.last_stream = s->stream;
	finish(s, REHEARSED);
	return 0;
}

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct spare *s = arg;

	if (h->container != 0 && h->container != SETUP_CONTAINER)
		return -EBADMSG;
	if (h->type == LINK_FAILED)
		return on_failed(s, payload);
	if (h->stream == 0 && h->type == LINK_CLOCK)
		return on_clock(s, payload);
	if (h->stream == 0 && h->type == LINK_READY && s->state == SPARE_SETTING_UP) {
		s->state = SPARE_RUNNING;
		return send_spawn(s);
	}
	if (h->stream == s->stream && s->state == SPARE_RUNNING) {
		if (h->type == LINK_STARTED || h->type == LINK_EOF)
			return 0;
		return h->type == LINK_EXITED ? on_exited(s, payload) : -EBADMSG;
	}
	return h->stream == 0 && h->type == LINK_REMOVED ? on_removed(s, payload) : -EBADMSG;
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct spare *s = arg;

	(void)data;
	return s->state == SPARE_RUNNING ? link_grant(s->link, stream, channel, len) : -EBADMSG;
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	(void)arg, (void)stream, (void)channel;
}

/* A message of on_failed() and its like says more than the code. */
static void on_broken(void *arg, int code)
{
	struct spare *s = arg;

	if (!s->err->msg[0])
		err_errno(s->err, code < 0 ? code : -ECONNRESET, "rehearsal: guest link");
	finish(s, KEEPER_GONE);
}

static int on_timer(struct source *source, void *arg)
{
	struct spare *s = arg;

	(void)source;
	err_set(s->err, -ETIMEDOUT, "rehearsal: takes too long");
	finish(s, KEEPER_GONE);
	return 0;
}

/* "folder" brings the container's folder, "adopt" its socket, and is the last. */
static int on_order(struct spare *s, const char *text, size_t len, int *fd)
{
	cleanup_json json_t *obj = NULL;
	const char *op = NULL;
	int r = json_read(text, len, "order", &obj, s->err);

	if (r == 0)
		r = json_get_str(obj, "op", &op, s->err);
	if (r < 0)
		return r;
	if (op && streq(op, "folder") && *fd >= 0 && s->adopted->dir_fd < 0) {
		s->adopted->dir_fd = take_fd(fd);
		return 0;
	}
	if (!op || !streq(op, "adopt") || *fd < 0 || s->adopted->dir_fd < 0)
		return err_set(s->err, -EBADMSG, "the order makes no sense");
	s->adopted->listen_fd = take_fd(fd);
	finish(s, ADOPTED);
	return 0;
}

/* Return: 1 for an order; 0 where there is none now, or none will come any more; -errno. */
static int take_order(struct spare *s)
{
	cleanup_close int fd = -1;
	char packet[PACKET_MAX];
	ssize_t n = unix_recv(s->keeper_fd, packet, sizeof(packet), &fd);
	int r;

	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		finish(s, KEEPER_GONE);
		return 0;
	}
	r = on_order(s, packet, (size_t)n, &fd);
	return r < 0 ? r : 1;
}

static int on_keeper(struct source *source, int fd, uint32_t events, void *arg)
{
	int r = take_order(arg);

	(void)source, (void)fd, (void)events;
	return r < 0 ? r : 0;
}

/*
 * What has been sent to us by now is taken: a container whose machine is gone is still ours.  What
 * comes later is refused, and its sender does without us.
 */
static int on_machine_end(struct source *source, pid_t pid, int status, void *arg)
{
	struct spare *s = arg;
	int r = 1;

	(void)source, (void)pid;
	machine_release(&s->adopted->machine);
	(void)shutdown(s->keeper_fd, SHUT_RD);
	while (r > 0 && !s->over)
		r = take_order(s);
	if (s->adopted->listen_fd < 0)
		err_set(s->err, -EIO, "the virtual machine ended unexpectedly (wait status %d)",
			status);
	finish(s, KEEPER_GONE);
	return r < 0 ? r : 0;
}

/* The link stays open under another number, for the life of the container. */
static int rehearse(struct spare *s, struct shim_machine *m)
{
	static const struct link_handler handler = { on_message, on_data, on_writable, on_broken };
	cleanup_close int fd = fcntl(m->link_fd, F_DUPFD_CLOEXEC, 3);
	int r = fd < 0 ? -errno : link_conn_new(s->loop, fd, &handler, s, &s->link);

	if (r < 0)
		return r;
	(void)take_fd(&fd);
	r = setup_send(s->link, s->config->runtime);
	if (r == 0)
		r = loop_run(s->loop);
	link_conn_free(take_ptr(s->link));
	if (r == KEEPER_GONE && s->err->msg[0])
		return s->err->code;
	return r;
}

static int watch(struct spare *s, const struct shim_machine *m)
{
	int r = loop_add_timer(s->loop, REHEARSAL_USEC, on_timer, s, &s->timer);

	if (r == 0)
		r = loop_add_child(s->loop, m->pid, on_machine_end, s, NULL);
	if (r == 0)
		r = fd_set_nonblock(s->keeper_fd, true);
	if (r == 0)
		r = loop_add_io(s->loop, s->keeper_fd, EPOLLIN, on_keeper, s, NULL);
	return r;
}

/* Return: as spare_run(). */
static int wait_for_container(struct spare *s)
{
	char ready[64];
	int r = source_set_timer(s->timer, UINT64_MAX);

	s->over = false;
	snprintf(ready, sizeof(ready), "{\"event\":\"ready\",\"pid\":%d}",
		 (int)s->adopted->machine.pid);
	if (r == 0)
		r = unix_send(s->keeper_fd, ready, strlen(ready), -1);
	if (r == 0)
		r = loop_run(s->loop);
	if (r == KEEPER_GONE && s->err->msg[0])
		return s->err->code;
	return r;
}

static int run(struct spare *s, int dir_fd, const struct machine_template *from)
{
	struct shim_machine *m = &s->adopted->machine;
	int r = machine_start(s->config, dir_fd, from, m, s->err);

	if (r == 0 && !m->restored)
		return err_set(s->err, -EINVAL, "the disks do not fit the template");
	if (r == 0)
		r = watch(s, m);
	if (r == 0)
		r = rehearse(s, m);
	if (r != REHEARSED)
		return r;
	r = m->engine->pause(m->vm, s->err);
	if (r == 0)
		r = layer_create(dir_fd, SPARE_NEW_LAYER_FILE, s->config->machine.disk_bytes,
				 s->err);
	return r == 0 ? wait_for_container(s) : r;
}

/*
 * What was said before goes with the machine, and what is in the container's folder is of earlier
 * lives.  A container that has no writable layer gets the one that was made for it.  It can do
 * without each of them.
 */
static void move_files(int from_fd, int to_fd)
{
	if (renameat(to_fd, SHIM_LOG_FILE, to_fd, SHIM_LOG_FILE ".1") < 0 && errno != ENOENT)
		log_warning(SHIM_LOG_FILE " of earlier lives: %s", strerror(errno));
	if (renameat(from_fd, SHIM_LOG_FILE, to_fd, SHIM_LOG_FILE) < 0)
		log_warning(SHIM_LOG_FILE ": %s", strerror(errno));
	if (faccessat(to_fd, LAYER_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
	    renameat(from_fd, SPARE_NEW_LAYER_FILE, to_fd, LAYER_FILE) < 0)
		log_warning(LAYER_FILE ": %s", strerror(errno));
}

void adoption_reset(struct adoption *a)
{
	machine_release(&a->machine);
	fd_close(&a->dir_fd);
	fd_close(&a->listen_fd);
}

int spare_run(int dir_fd, int keeper_fd, const struct machine_template *from, struct adoption *ret,
	      struct err *err)
{
	cleanup_config struct shim_config *config = NULL;
	struct adoption adopted = ADOPTION_NONE;
	struct spare s = { .stream = 1, .keeper_fd = keeper_fd, .adopted = &adopted, .err = err };
	int r = config_load(dir_fd, &config, err);

	if (r < 0)
		return r;
	s.config = config;
	r = loop_new(&s.loop);
	if (r == 0)
		r = run(&s, dir_fd, from);
	loop_free(s.loop);
	if (r != ADOPTED) {
		adoption_reset(&adopted);
		return r < 0 && !err->msg[0] ? err_errno(err, r, "spare machine") : r;
	}
	move_files(dir_fd, adopted.dir_fd);
	*ret = adopted;
	return 1;
}

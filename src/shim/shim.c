/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The machine is there for its containers, and for those who hold it.  When
 * none of them is left, or somebody asks for it, the guest is told to clean its disks, and the
 * machine ends; when the clients have the last output too, the shim does.  What happens is noted,
 * and looked at in one place, from the loop (on_check()), so that no part of the shim is taken away
 * while it still works.
 */
#include "shim/shim.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/log.h"
#include "shim/container/event.h"
#include "shim/event.h"
#include "shim/handle.h"
#include "shim/machine/alive.h"
#include "shim/machine/steer.h"
#include "shim/narrow.h"
#include "shim/pause.h"

/* First numbers of containers and streams in a machine that was forked.  The zygote used a few, and
 * is not asked how many. */
#define FORKED_FIRST 1000

static void look_soon(void *arg)
{
	struct shim *s = arg;

	(void)source_set_timer(s->check, 0);
}

static void close_machine(struct shim *s)
{
	s->stage = SHIM_CLOSING;
	(void)source_set_timer(s->killing, UINT64_MAX);
	life_close(s->life, s->options->deadlines.shutdown_usec);
	look_soon(s);
}

/* Is the shim done?  Whoever held the machine may still want to know why a container could not
 * be started. */
static bool is_over(struct shim *s)
{
	bool held = server_is_held(s->server);

	if (s->life->state == LIFE_NONE)
		return !held && !s->patient && LIST_EMPTY(&s->containers.list);
	return s->life->state == LIFE_ENDED && containers_are_drained(&s->containers) &&
	       !(held && containers_are_untold(&s->containers));
}

/*
 * Narrows the shim (narrow.c) once no machine will be brought up any more.  A machine that is
 * held may be made to rest, and another one may have to take its place if it does not wake: then
 * it is too early.  What a start and the filter took of the heap goes back to the host.
 */
static void narrow_soon_enough(struct shim *s)
{
	struct err err;

	if (s->narrowed || !s->options->narrowed || !life_is_settled(s->life) ||
	    server_is_held(s->server))
		return;
	s->narrowed = true;
	if (narrow(&err) < 0)
		log_warning("moat-shim is not narrowed: %s", err.msg);
	malloc_trim(0);
}

static int on_check(struct source *source, void *arg)
{
	struct shim *s = arg;

	(void)source;
	containers_forget(&s->containers);
	if (is_over(s)) {
		server_serve_waiting(s->server);
		loop_quit(s->loop, 0);
		return 0;
	}
	narrow_soon_enough(s);
	pause_settle(s);
	if (s->life->state != LIFE_UP || s->stage == SHIM_CLOSING ||
	    containers_are_wanted(&s->containers))
		return 0;
	if (s->stage != SHIM_OPEN || (!server_is_held(s->server) && !s->patient))
		close_machine(s);
	return 0;
}

static int on_killing_too_long(struct source *source, void *arg)
{
	struct shim *s = arg;

	(void)source;
	s->stage = SHIM_FORCING;
	life_close(s->life, s->options->deadlines.kill_usec);
	return 0;
}

static int on_unused(struct source *source, void *arg)
{
	struct shim *s = arg;

	(void)source;
	s->patient = false;
	look_soon(s);
	return 0;
}

static void on_released(void *arg)
{
	struct shim *s = arg;

	s->patient = false;
	look_soon(s);
}

static void on_machine_ready(void *arg)
{
	struct shim *s = arg;

	containers_offer(&s->containers);
}

static void on_disk_errors(void *arg)
{
	struct shim *s = arg;

	server_tell_all(s->server, event_disk_errors(s));
}

static void on_machine_ended(void *arg, int code, const struct err *why)
{
	struct shim *s = arg;

	s->patient = false;
	containers_end(&s->containers, code, why);
	look_soon(s);
}

void shim_watch(struct shim *s, struct conn *conn)
{
	struct container *c;

	server_watch(conn);
	if (!server_tell(conn, event_state(s)))
		return;
	LIST_FOREACH (c, &s->containers.list, entry) {
		if (c->ended && c->start_requested && !server_tell(conn, event_exited(c)))
			return;
		if (c->state == CONTAINER_GONE &&
		    !server_tell(conn, event_removed(c, &c->exit.err)))
			return;
	}
}

int shim_rest(struct shim *s, struct err *err)
{
	containers_forget(&s->containers);
	if (!LIST_EMPTY(&s->containers.list))
		return err_set(err, -EBUSY, "the machine has a container");
	return life_rest(s->life, err);
}

void shim_kill(struct shim *s)
{
	containers_hurry(&s->containers);
	if (s->life->state == LIFE_NONE)
		life_close(s->life, 0);
	else
		life_kill(s->life);
	look_soon(s);
}

void shim_shutdown(struct shim *s)
{
	struct err err;

	containers_hurry(&s->containers);
	if (s->stage != SHIM_OPEN || life_is_closing(s->life))
		return;
	if (s->life->paused && life_resume(s->life, &err) < 0) {
		log_warning("the paused machine cannot go on, and is ended: %s", err.msg);
		shim_kill(s);
		return;
	}
	s->stage = SHIM_KILLING;
	if (!containers_are_wanted(&s->containers))
		close_machine(s);
	else if (!containers_kill(&s->containers) ||
		 source_set_timer(s->killing, s->options->deadlines.kill_usec) < 0)
		shim_kill(s);
}

static int start_parts(struct shim *s, struct err *err)
{
	static const struct server_handler server_handler = { handle_request, on_released };
	static const struct life_handler life_handler = { on_machine_ready, on_disk_errors,
							  on_machine_ended };
	const struct life_options o = {
		.loop = s->loop,
		.dir_fd = s->options->dir_fd,
		.supply = s->options->supply,
		.deadlines = &s->options->deadlines,
		.handler = &life_handler,
		.arg = s,
		.containers = &containers_guest_handler,
		.containers_arg = &s->containers,
	};
	int r = alive_lock(s->options->dir_fd);

	if (r < 0)
		return err_errno(err, r, "lock of moat-shim");
	r = server_new(s->loop, s->options->listen_fd, &server_handler, s, &s->server);
	if (r < 0)
		return err_errno(err, r, "control socket");
	r = life_new(&o, &s->life, err);
	if (r < 0)
		return r;
	s->containers = (struct containers){ .loop = s->loop,
					     .life = s->life,
					     .server = s->server,
					     .deadlines = &s->options->deadlines,
					     .changed = look_soon,
					     .frozen = pause_frozen,
					     .arg = s };
	/* The zygote's guest has seen numbers, and no number is used twice. */
	if (o.supply.forked) {
		s->containers.last_number = FORKED_FIRST;
		s->containers.last_stream = FORKED_FIRST;
	}
	LIST_INIT(&s->containers.list);
	return 0;
}

static int start_shim(struct shim *s, struct err *err)
{
	int r = loop_new(&s->loop);

	if (r == 0)
		r = loop_add_timer(s->loop, UINT64_MAX, on_check, s, &s->check);
	if (r == 0)
		r = loop_add_timer(s->loop, UINT64_MAX, on_killing_too_long, s, &s->killing);
	if (r == 0)
		r = loop_add_timer(s->loop, s->options->deadlines.unused_usec, on_unused, s,
				   &s->unused);
	if (r == 0)
		r = loop_add_timer(s->loop, UINT64_MAX, pause_expired, s, &s->freezing);
	return r < 0 ? err_errno(err, r, "event loop") : start_parts(s, err);
}

static void shim_free(struct shim *s)
{
	server_free(s->server);
	containers_free(&s->containers);
	life_free(s->life);
	source_free(s->check);
	source_free(s->killing);
	source_free(s->unused);
	source_free(s->freezing);
	loop_free(s->loop);
	free(s);
}

int shim_run(const struct shim_options *options)
{
	struct shim *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	int r;

	if (!s)
		return -ENOMEM;
	s->options = options;
	s->patient = true;
	r = start_shim(s, &err);
	if (r < 0)
		log_error("%s", err.msg);
	else
		r = loop_run(s->loop);
	shim_free(s);
	return r;
}

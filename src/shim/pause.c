/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A paused machine's vCPUs are stopped: it costs nothing, and its time stands
 * still.  Before that the containers' cgroups are frozen in the guest.  So the vCPUs can go on for
 * as long as moat-init copies files, and no process of a container notices.
 */
#include "shim/pause.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "shim/container/event.h"
#include "shim/container/freeze.h"
#include "shim/machine/steer.h"

#define FREEZE_USEC USEC_PER_SEC

static int check_runs(const struct shim *s, struct err *err)
{
	if (life_is_closing(s->life) || !containers_are_running(&s->containers))
		return err_set(err, -EBUSY, "the container does not run");
	return 0;
}

/* A guest whose vCPUs are stopped finds the message when they go on. */
static void freeze_all(struct shim *s, bool on)
{
	int r = containers_freeze(&s->containers, on);

	if (r < 0)
		log_warning("the container cannot be made to %s: %s", on ? "stand still" : "go on",
			    strerror(-r));
}

static int stop_machine(struct shim *s, struct err *err)
{
	int r = check_runs(s, err);

	if (r == 0)
		r = life_pause(s->life, err);
	if (r == 0 && s->frozen && containers_have_work(&s->containers))
		(void)pause_wake(s, err);
	return r;
}

static void stop_and_answer(struct shim *s)
{
	struct conn *conn = take_ptr(s->pauser);
	struct err err;
	int r = stop_machine(s, &err);

	(void)source_set_timer(s->freezing, UINT64_MAX);
	if (r == 0)
		server_tell_all(s->server, event_of_type(EVENT_PAUSED));
	else
		freeze_all(s, false);
	server_answer(conn, r < 0 ? &err : NULL);
}

static void on_pauser_gone(void *arg, struct conn *conn)
{
	struct shim *s = arg;

	if (s->pauser != conn)
		return;
	s->pauser = NULL;
	(void)source_set_timer(s->freezing, UINT64_MAX);
	freeze_all(s, false);
}

int pause_begin(struct shim *s, struct conn *conn, struct err *err)
{
	int r = check_runs(s, err);

	if (r == 0 && (s->life->paused || s->pauser))
		r = err_set(err, -EALREADY, "the container is paused already");
	if (r < 0)
		return r;
	r = source_set_timer(s->freezing, FREEZE_USEC);
	if (r == 0)
		r = containers_freeze(&s->containers, true);
	if (r < 0)
		return err_errno(err, r, "pause");
	s->frozen = true;
	s->pauser = conn;
	server_wait(conn, on_pauser_gone, s);
	return 0;
}

void pause_frozen(void *arg, bool ok)
{
	struct shim *s = arg;

	s->frozen = s->frozen && ok;
	if (s->pauser && !containers_are_freezing(&s->containers))
		stop_and_answer(s);
}

int pause_expired(struct source *source, void *arg)
{
	struct shim *s = arg;

	(void)source;
	s->frozen = false;
	if (s->pauser)
		stop_and_answer(s);
	return 0;
}

int pause_end(struct shim *s, struct err *err)
{
	int r = check_runs(s, err);

	if (r == 0)
		r = life_resume(s->life, err);
	if (r < 0)
		return r;
	freeze_all(s, false);
	(void)guest_tell_clock(s->life->guest); /* else it asks within half a minute */
	server_tell_all(s->server, event_of_type(EVENT_RESUMED));
	return 0;
}

/* Containers are frozen anew: earlier work that froze them itself, as a commit's does, let them go
 * on at its end. */
int pause_wake(struct shim *s, struct err *err)
{
	int r;

	if (!s->frozen)
		return err_set(err, -EBUSY, "the container is paused");
	if (s->life->awake)
		return 0;
	r = life_wake(s->life, err);
	if (r < 0)
		return r;
	freeze_all(s, true);
	(void)guest_tell_clock(s->life->guest);
	return 0;
}

void pause_settle(struct shim *s)
{
	struct err err;

	if (!s->life->awake || containers_have_work(&s->containers))
		return;
	if (life_halt(s->life, &err) < 0)
		log_warning("the paused machine: %s", err.msg);
}

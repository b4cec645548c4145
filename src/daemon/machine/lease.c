/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The plan says what the machine must be, and with that of which kind it is.
 * A spare of that kind only has to be given the container; without one a machine is restored from
 * the template of its kind, which is made where there is none, and where that fails it is booted.
 * Machines that come up pass a gate, as they hold each other up.
 */
#include "daemon/machine/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "control/client.h"
#include "control/launch.h"
#include "control/names.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"
#include "storage/layer.h"

/* The state while a lease is got. */
struct search {
	struct machines *ms;
	const struct lease_request *rq;
	struct machine_plan plan;
	struct lease *l;
};

static struct shim_ref shim_of(const struct search *s)
{
	return (struct shim_ref){ s->ms->dir_fd, s->l->machine, s->rq->container };
}

static int add_container(const struct search *s, struct err *err)
{
	const struct lease_request *rq = s->rq;
	const struct log_config *log = &s->plan.log;
	struct shim_call call = {
		.request = { .op = CONTROL_ADD,
			     .keeps_log = rq->purpose == LEASE_RUN,
			     .log = { log->max_bytes, log->max_files },
			     .has_network = rq->network != NULL,
			     .has_secrets = rq->secrets_fd >= 0 },
		.fd = rq->dir_fd,
		.share_fd = &rq->share_fd,
		.secrets_fd = &rq->secrets_fd,
		.timeout_msec = SHIM_ADD_TIMEOUT_MSEC,
	};

	if (rq->network)
		call.request.network = *rq->network;
	return shim_call(shim_of(s), &call, NULL, err);
}

/* May a spare be taken?  Spares are for runs, and have their processors already: a container with a
 * cpuset cannot use one. */
static bool may_have_spare(const struct search *s)
{
	return s->rq->purpose == LEASE_RUN && *s->l->template && !s->plan.cpuset &&
	       (!s->rq->network || s->plan.has_tap);
}

/* Takes a spare machine.  Where that fails, another way to get a machine is tried. */
static bool take_spare(const struct search *s)
{
	struct machines *ms = s->ms;
	struct lease *l = s->l;
	struct spare *m = spares_claim(ms->spares, l->template, &s->plan);
	struct err err = { 0 };

	if (!m)
		return false;
	spare_give_layer(ms, m, s->rq->dir_fd);
	memcpy(l->machine, m->name, sizeof(l->machine));
	if (add_container(s, &err) < 0) {
		log_warning("a spare machine is not used: %s", err.msg);
		spares_waste(ms->spares, m);
		return false;
	}
	l->pid = m->pid;
	l->hold_fd = take_fd(&m->fd);
	memcpy(l->tap, m->tap, sizeof(l->tap));
	spare_forget(m);
	return true;
}

/* Finds a template.  Where there is none the machine is booted, and the store of templates has
 * logged why. */
static void find_template(const struct search *s, struct template_use *ret)
{
	struct err err = { 0 };

	if (!*s->l->template || template_take(s->ms->templates, &s->plan, ret, &err) == 0)
		return;
	log_debug("the machine is booted: %s", err.msg);
	*s->l->template = '\0';
}

/* Gets a tap.  A machine can be booted without the tap that its template has, but not restored. */
static int get_tap(const struct search *s, struct template_use *from, struct tap *ret,
		   struct err *err)
{
	struct taps *taps = &s->ms->taps;
	struct err why = { 0 };
	int r = s->plan.has_tap ? taps_take(taps, ret, &why) : -ENODEV;

	if (r == 0)
		return 0;
	if (s->rq->network)
		return taps_take(taps, ret, err);
	if (s->plan.has_tap) {
		log_warning("the machine is booted, without a network: %s", why.msg);
		template_use_reset(from);
	}
	return 0;
}

static int spawn_in_folder(const struct search *s, struct shim_launch *shim, struct err *err)
{
	cleanup_free char *dir = str_printf("%s/machines/%s", s->ms->root, s->l->machine);
	int r;

	if (!dir)
		return err_nomem(err);
	shim->dir = dir;
	r = machine_write(&s->plan, s->l->tap, shim->dir_fd, err);
	return r == 0 ? shim_spawn(shim, &s->l->pid, err) : r;
}

static int spawn_shim(const struct search *s, struct template_use *from, struct err *err)
{
	cleanup(tap_close) struct tap tap = TAP_NONE;
	cleanup_close int dir_fd = -1, zygote = -1;
	int r = get_tap(s, from, &tap, err);

	if (r < 0)
		return r;
	/* A forked machine has the processors of its zygote: one with a cpuset cannot be forked. */
	if (*from->key && !s->plan.cpuset)
		zygote = spares_zygote(s->ms->spares, from->key);
	memcpy(s->l->tap, tap.name, sizeof(s->l->tap));
	r = machine_folder_new(s->ms, s->l->machine, &dir_fd, err);
	if (r < 0)
		return r;
	return spawn_in_folder(s,
			       &(struct shim_launch){ .program = s->ms->shim_path,
						      .dir_fd = dir_fd,
						      .memory_fd = from->memory_fd,
						      .state_fd = from->state_fd,
						      .tap_fd = tap.fd,
						      .kin = zygote < 0 ? SHIM_ALONE : SHIM_FORKED,
						      .kin_fd = zygote },
			       err);
}

/* Makes a machine for the container, restored or booted. */
static int make_machine(const struct search *s, struct err *err)
{
	cleanup(template_use_reset) struct template_use from = { .memory_fd = -1, .state_fd = -1 };
	int r;

	find_template(s, &from);
	s->l->found_usec = clock_mono_usec();
	r = spawn_shim(s, &from, err);
	if (r == 0)
		r = shim_hold(shim_of(s), &s->l->hold_fd, err);
	return r == 0 ? add_container(s, err) : r;
}

/* Has the container's folder lead to its machine. */
static int link_machine(const struct search *s, struct err *err)
{
	const char *link = s->rq->purpose == LEASE_RUN ? MACHINE_LINK : MACHINE_FILES_LINK;
	char old[MACHINE_NAME_LEN + 1];
	int r;

	machine_linked(s->rq->dir_fd, link, old);
	r = machine_link(s->rq->dir_fd, link, s->l->machine, err);
	if (r == 0)
		memcpy(s->l->old, old, sizeof(old));
	return r;
}

/* Makes a layer that has a size of its own; the shim makes all others. */
static int make_layer(const struct search *s, struct err *err)
{
	const struct machine_plan *p = &s->plan;
	cleanup_close int fd = -1;

	if (p->layer_bytes == 0)
		return 0;
	fd = openat(s->rq->dir_fd, LAYER_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && layer_is_lost(fd) <= 0)
		return 0;
	return layer_create_within(s->rq->dir_fd, LAYER_FILE, p->layer_bytes, p->disk_bytes, err);
}

static int get_machine(const struct search *s, struct err *err)
{
	struct lease *l = s->l;
	int r = make_layer(s, err);

	if (r < 0)
		return r;
	if (!s->plan.cold && machine_template_key(&s->plan, l->template, NULL) < 0)
		*l->template = '\0';
	if (s->rq->purpose == LEASE_RUN) {
		spares_start_begins(s->ms->spares);
		l->place = gate_enter(&s->ms->gate);
	}
	l->found_usec = clock_mono_usec();
	if (!may_have_spare(s) || !take_spare(s))
		r = make_machine(s, err);
	return r == 0 ? link_machine(s, err) : r;
}

void lease_end(struct machines *ms, struct lease *l)
{
	lease_let_go(l);
	if (l->pid > 0)
		child_kill(l->pid);
	taps_put_back(&ms->taps, l->tap);
	l->pid = 0;
	*l->tap = '\0';
}

int lease_plan(struct machines *ms, const json_t *host, bool wants_network,
	       struct machine_plan *ret, struct err *err)
{
	struct machine_means with;
	int r = machines_engine(ms, &with.engine, NULL, err);

	if (r < 0)
		return r;
	if (wants_network)
		taps_ask_again(&ms->taps);
	with.has_tap = taps_are_there(&ms->taps);
	return machine_plan(ms, host, &with, ret, err);
}

int lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
	       struct err *err)
{
	struct search s = { .ms = ms, .rq = rq, .l = ret };
	int r;

	*ret = LEASE_NONE;
	r = lease_plan(ms, rq->host, rq->network, &s.plan, err);
	if (r == 0)
		r = get_machine(&s, err);
	machine_plan_reset(&s.plan);
	if (r < 0) {
		lease_end(ms, ret);
		machine_folder_remove(ms, ret->machine);
	}
	return r;
}

void lease_settled(struct machines *ms, struct lease *l)
{
	machine_folder_remove(ms, l->old);
	*l->old = '\0';
	if (l->place == 0)
		return;
	gate_leave(&ms->gate, l->place);
	l->place = 0;
	spares_start_ends(ms->spares);
}

void lease_let_go(struct lease *l)
{
	fd_close(&l->hold_fd);
}

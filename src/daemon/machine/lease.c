/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/lease.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "control/client.h"
#include "control/launch.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"

/* Finds a template.  Without one the machine is booted, and the store of templates has logged
 * why. */
static void find_template(struct machines *ms, const struct machine_plan *plan,
			  struct template_use *ret)
{
	struct err err = { 0 };

	if (!plan->cold && template_take(ms->templates, plan, ret, &err) < 0)
		log_debug("the machine is booted: %s", err.msg);
}

static struct shim_ref ref_of(struct machines *ms, const struct lease *l,
			      const struct lease_request *rq)
{
	return (struct shim_ref){ ms->dir_fd, l->machine, rq->container };
}

static int add_container(struct machines *ms, const struct lease_request *rq, struct lease *l,
			 struct err *err)
{
	const struct log_config *log = &rq->plan->log;
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

	return shim_call(ref_of(ms, l, rq), &call, NULL, err);
}

/* Takes a spare machine.  Where that fails, another way to get a machine is tried. */
static bool take_spare(struct machines *ms, const struct lease_request *rq, struct lease *l)
{
	struct spare *s;
	struct err err = { 0 };

	/* Spares are for runs, and already have their processors: a container with a cpuset
	 * cannot use one. */
	if (rq->purpose != LEASE_RUN || !l->template[0] || rq->plan->cpuset)
		return false;
	if (rq->network && rq->network->n > 0 && !rq->plan->has_tap)
		return false;
	s = spares_claim(ms->spares, l->template, rq->plan);
	if (!s)
		return false;
	spare_give_layer(ms, s, rq->dir_fd);
	memcpy(l->machine, s->name, sizeof(l->machine));
	if (add_container(ms, rq, l, &err) < 0) {
		log_warning("a spare machine is not used: %s", err.msg);
		spares_waste(ms->spares, s);
		return false;
	}
	l->pid = s->pid;
	l->hold_fd = take_fd(&s->fd);
	memcpy(l->tap, s->tap, sizeof(l->tap));
	spare_forget(s);
	return true;
}

/* A machine cannot be restored without the tap that its template has, but one can be booted. */
static int get_tap(struct machines *ms, const struct lease_request *rq, struct template_use *from,
		   struct tap *ret, struct err *err)
{
	struct err why = { 0 };
	int r = rq->plan->has_tap ? taps_take(&ms->taps, ret, &why) : -ENODEV;

	if (r == 0)
		return 0;
	if (rq->network && rq->network->n > 0)
		return taps_take(&ms->taps, ret, err);
	if (rq->plan->has_tap) {
		log_warning("the machine is booted, without a network: %s", why.msg);
		template_use_reset(from);
	}
	return 0;
}

static int spawn_in_folder(struct machines *ms, const struct machine_plan *plan,
			   struct shim_launch *shim, struct lease *l, struct err *err)
{
	cleanup_free char *dir = str_printf("%s/machines/%s", ms->root, l->machine);
	int r;

	if (!dir)
		return err_nomem(err);
	shim->dir = dir;
	r = machine_write(plan, l->tap, shim->dir_fd, err);
	return r == 0 ? shim_spawn(shim, &l->pid, err) : r;
}

static int spawn_shim(struct machines *ms, const struct lease_request *rq,
		      struct template_use *from, struct lease *l, struct err *err)
{
	cleanup(tap_close) struct tap tap = TAP_NONE;
	cleanup_close int dir_fd = -1, zygote = -1;
	int r = get_tap(ms, rq, from, &tap, err);

	if (r < 0)
		return r;
	/* What is forked has the processors that its zygote may use. */
	if (*from->key && !rq->plan->cpuset)
		zygote = spares_zygote(ms->spares, from->key);
	memcpy(l->tap, tap.name, sizeof(l->tap));
	r = machine_folder_new(ms, l->machine, &dir_fd, err);
	if (r < 0)
		return r;
	return spawn_in_folder(ms, rq->plan,
			       &(struct shim_launch){ .program = ms->shim_path,
						      .dir_fd = dir_fd,
						      .memory_fd = from->memory_fd,
						      .state_fd = from->state_fd,
						      .tap_fd = tap.fd,
						      .kin = zygote < 0 ? SHIM_ALONE : SHIM_FORKED,
						      .kin_fd = zygote },
			       l, err);
}

static void give_lease_up(struct machines *ms, struct lease *l)
{
	lease_let_go(l);
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
		while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	machine_folder_remove(ms, l->machine);
	taps_put_back(&ms->taps, l->tap);
	l->pid = 0;
	l->machine[0] = l->tap[0] = '\0';
}

int lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
	       struct err *err)
{
	cleanup(template_use_reset) struct template_use from = { .memory_fd = -1, .state_fd = -1 };
	int r;

	*ret = LEASE_NONE;
	if (rq->purpose == LEASE_RUN)
		spares_start_begins(ms->spares);
	find_template(ms, rq->plan, &from);
	memcpy(ret->template, from.key, sizeof(ret->template));
	ret->found_usec = clock_mono_usec();
	if (rq->purpose == LEASE_RUN)
		ret->place = gate_enter(&ms->gate);
	if (take_spare(ms, rq, ret))
		return 0;
	r = spawn_shim(ms, rq, &from, ret, err);
	if (r == 0)
		r = shim_hold(ref_of(ms, ret, rq), &ret->hold_fd, err);
	if (r == 0)
		r = add_container(ms, rq, ret, err);
	if (r < 0)
		give_lease_up(ms, ret);
	return r;
}

void lease_settled(struct machines *ms, struct lease *l)
{
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/lease.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/launch.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"

/* Without a template the machine is booted; the store has said why. */
static void find_template(struct machines *ms, const struct machine_plan *plan,
			  struct template_use *ret)
{
	struct err err = { 0 };

	if (!plan->cold && template_take(ms->templates, plan, ret, &err) < 0)
		log_debug("the machine is booted: %s", err.msg);
}

/* Return: the pid of the shim of a spare machine; 0: there is none. */
static pid_t claim_spare(struct machines *ms, const struct lease_request *rq,
			 const struct template_use *from)
{
	/* The processors of a spare machine are chosen already. */
	if (rq->purpose != LEASE_RUN || !from->key[0] || rq->plan->cpuset)
		return 0;
	return spares_claim(ms->spares, from->key, rq->plan, rq->dir_fd);
}

int lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
	       struct err *err)
{
	cleanup(template_use_reset) struct template_use from = { .memory_fd = -1, .state_fd = -1 };
	struct shim_launch shim = { .program = ms->shim_path,
				    .dir = rq->dir,
				    .dir_fd = rq->dir_fd };

	*ret = (struct lease){ 0 };
	if (rq->purpose == LEASE_RUN)
		spares_start_begins(ms->spares);
	find_template(ms, rq->plan, &from);
	memcpy(ret->template, from.key, sizeof(ret->template));
	ret->found_usec = clock_mono_usec();
	if (rq->purpose == LEASE_RUN)
		ret->place = gate_enter(&ms->gate);
	ret->pid = claim_spare(ms, rq, &from);
	if (ret->pid > 0)
		return 0;
	shim.memory_fd = from.memory_fd;
	shim.state_fd = from.state_fd;
	return shim_spawn(&shim, &ret->pid, err);
}

void lease_settled(struct machines *ms, struct lease *l)
{
	if (l->place == 0)
		return;
	gate_leave(&ms->gate, l->place);
	l->place = 0;
	spares_start_ends(ms->spares);
}

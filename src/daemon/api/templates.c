/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/thread.h"
#include "daemon/api/api.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"

int api_moat_templates(struct request *rq, struct reply *rp, struct err *err)
{
	(void)err;
	return reply_json(rp, 200, templates_describe(rq->daemon->machines->templates));
}

struct warm_up {
	struct daemon *d;
	struct machine_plan plan; /* owned */
};

static void *run_warm_up(void *arg)
{
	cleanup(template_use_reset) struct template_use use = { .memory_fd = -1, .state_fd = -1 };
	struct warm_up *w = arg;
	struct err err = { 0 };

	/* The store has logged why it cannot; the first start will try again. */
	if (template_take(w->d->machines->templates, &w->plan, &use, &err) == 0)
		spares_expect(w->d->machines->spares, use.key, &w->plan);
	machine_plan_reset(&w->plan);
	free(w);
	return NULL;
}

/* @plan: moved from */
static int warm_up(struct daemon *d, struct machine_plan *plan, struct err *err)
{
	struct warm_up *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->d = d;
	w->plan = *plan;
	r = thread_start(NULL, run_warm_up, w);
	if (r < 0) {
		free(w);
		return err_errno(err, r, "template");
	}
	*plan = (struct machine_plan){ 0 };
	return 0;
}

/* The template for a container without limits of its own. */
int api_moat_template_make(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(template_use_reset) struct template_use use = { .memory_fd = -1, .state_fd = -1 };
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	int r = machine_plan(rq->daemon->machines, NULL, &plan, err);

	if (r < 0)
		return r;
	if (request_flag(rq, "background", false)) {
		r = warm_up(rq->daemon, &plan, err);
		return r < 0 ? r : reply_empty(rp, 202);
	}
	r = template_take(rq->daemon->machines->templates, &plan, &use, err);
	return r < 0 ? r : reply_json(rp, 200, json_pack("{s:s}", "Key", use.key));
}

int api_moat_template_remove(struct request *rq, struct reply *rp, struct err *err)
{
	int r = template_remove(rq->daemon->machines->templates, rq->target);

	if (r == -ENOENT)
		return err_set(err, r, "No such template: %s", rq->target);
	if (r == -EBUSY)
		return err_set(err, -EEXIST, "template %s is being made", rq->target);
	return r < 0 ? err_errno(err, r, "template %s", rq->target) : reply_empty(rp, 204);
}

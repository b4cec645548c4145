/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/warm-up.h"

#include <errno.h>
#include <stdlib.h>

#include "base/thread.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template.h"

struct warm_up {
	struct machines *machines;
	struct machine_plan plan; /* owned */
};

static void *run_warm_up(void *arg)
{
	cleanup(template_use_reset) struct template_use use = { .memory_fd = -1, .state_fd = -1 };
	struct warm_up *w = arg;
	struct err err = { 0 };

	/* The store has logged a failure; the first start tries again. */
	if (template_take(w->machines->templates, &w->plan, &use, &err) == 0)
		spares_expect(w->machines->spares, use.key, &w->plan);
	machine_plan_reset(&w->plan);
	free(w);
	return NULL;
}

int template_warm_up(struct machines *ms, struct machine_plan *plan, struct err *err)
{
	struct warm_up *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return err_nomem(err);
	w->machines = ms;
	w->plan = *plan;
	r = thread_start(NULL, run_warm_up, w);
	if (r < 0) {
		free(w);
		return err_errno(err, r, "template");
	}
	*plan = (struct machine_plan){ 0 };
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "daemon/api/api.h"
#include "daemon/machine/lease.h"
#include "daemon/machine/spares.h"
#include "daemon/machine/template-list.h"
#include "daemon/machine/template.h"

int api_moat_templates(struct request *rq, struct reply *rp, struct err *err)
{
	return reply_json(rp, 200, templates_describe(rq->api->machines->templates), err);
}

/* The template for a container without limits of its own. */
int api_moat_template_make(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(template_use_reset) struct template_use use = { .memory_fd = -1, .state_fd = -1 };
	cleanup(machine_plan_reset) struct machine_plan plan = { 0 };
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	bool background = request_flag(rq, "background", false);
	int r = 0;

	/* Nobody waits for a template in the background, so no kernel is fetched for it. */
	if (background)
		r = kernel_current(rq->api->machines->kernels, &kernel, err);
	if (r == 0)
		r = lease_plan(rq->api->machines, NULL, false, &plan, err);
	if (r < 0)
		return r;
	if (background) {
		r = spares_warm_up(rq->api->machines, &plan, err);
		return r < 0 ? r : reply_empty(rp, 202);
	}
	r = template_take(rq->api->machines->templates, &plan, &use, err);
	return r < 0 ? r : reply_json(rp, 200, json_pack("{s:s}", "Key", use.key), err);
}

int api_moat_template_remove(struct request *rq, struct reply *rp, struct err *err)
{
	int r = template_remove(rq->api->machines->templates, rq->target);

	if (r == -ENOENT)
		return err_set(err, r, "No such template: %s", rq->target);
	if (r == -EBUSY)
		return err_set(err, -EEXIST, "template %s is being made", rq->target);
	return r < 0 ? err_errno(err, r, "template %s", rq->target) : reply_empty(rp, 204);
}

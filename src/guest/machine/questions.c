/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/machine/questions.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "guest/container/usage.h"
#include "guest/machine/machine.h"
#include "link/conn.h"
#include "link/query.h"

int question_limits(struct container *c, struct wire_view payload)
{
	struct link_header h = { .type = LINK_LIMITS, .container = c->number };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_strv char **settings = NULL;
	struct err err = { 0 };
	uint32_t id;
	int r = link_limits_get(payload, &id, &settings);

	if (r < 0)
		return r;
	for (char **one = settings; *one && err.code == 0; one++)
		cgroup_change(&c->cgroup, *one, &err);
	r = link_done_put(&b, id, &err);
	return r < 0 ? r : link_send(c->machine->link, h, b.data, b.len);
}

int question_stats(struct container *c, struct wire_view payload)
{
	struct link_header h = { .type = LINK_STATS, .container = c->number };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_stats stats;
	uint32_t id;
	int r = link_question_get(payload, &id);

	if (r < 0)
		return r;
	usage_stats(&c->cgroup, &stats);
	r = link_stats_put(&b, id, &stats);
	return r < 0 ? r : link_send(c->machine->link, h, b.data, b.len);
}

int question_procs(struct container *c, struct wire_view payload)
{
	struct link_header h = { .type = LINK_PROCS, .container = c->number };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_free struct link_proc *procs = NULL;
	size_t n = 0;
	uint32_t id;
	int r = link_question_get(payload, &id);

	if (r < 0)
		return r;
	(void)usage_procs(&c->cgroup, &procs, &n);
	r = link_procs_put(&b, id, procs, n);
	return r < 0 ? r : link_send(c->machine->link, h, b.data, b.len);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/usage.h"

#include <errno.h>

#include "base/mutex.h"
#include "control/answer.h"
#include "control/client.h"

#define ANSWER_MSEC 5000
#define MUTE_MSEC   200 /* after a guest did not answer: others wait for their turn */

static bool is_mute(const struct container *c)
{
	mutex_hold(&c->table->lock);
	return c->mute;
}

void container_usage(struct container *c, struct link_stats *ret)
{
	cleanup_json json_t *answer = NULL;
	int r = 0;

	if (container_is_running(c))
		r = shim_ask(container_shim(c), CONTROL_STATS, is_mute(c) ? MUTE_MSEC : ANSWER_MSEC,
			     &answer, NULL);
	if (r == 0 && answer)
		r = answer_stats_read(answer, ret, NULL);
	mutex_hold(&c->table->lock);
	c->mute = r == -ETIMEDOUT;
}

int container_processes(struct container *c, struct link_proc **ret, size_t *ret_n, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	int r = -ECONNREFUSED;

	if (container_is_running(c))
		r = shim_ask(container_shim(c), CONTROL_TOP, ANSWER_MSEC, &answer, err);
	if (r == 0)
		r = answer_procs_read(answer, ret, ret_n, err);
	return r == -ECONNREFUSED ? err_set(err, -EBUSY, "container %s is not running", c->rec.id)
				  : r;
}

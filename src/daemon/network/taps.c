/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  When moatd dies, machines without a container that runs end with it, and
 * moat-net does not hear of that: their taps stay taken.  The next moatd gives back those that no
 * container has, once it knows what runs.  Machines of its own may have been begun by then, so it
 * notes the taps that it takes until it has looked.
 */
#include "daemon/network/taps.h"

#include "daemon/network/taps.h"

#include "base/fd.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper.h"

int networks_tap(struct networks *nets, int *ret_fd, char *ret_name, struct err *err)
{
	int r;

	mutex_hold(&nets->taking);
	r = keeper_tap(nets->keeper, ret_fd, ret_name, err);
	if (r == 0 && !nets->taps_settled && strv_add(&nets->own_taps, ret_name) < 0) {
		fd_close(ret_fd);
		networks_tap_back(nets, ret_name);
		r = err_nomem(err);
	}
	return r;
}

void networks_tap_back(struct networks *nets, const char *name)
{
	if (*name)
		keeper_post(nets->keeper, name, 0, true);
}

static bool is_claimed(struct networks *nets, const char *name)
{
	const struct member *m;

	mutex_hold(&nets->lock);
	for (m = nets->members; m && !(m->active && streq(m->tap, name)); m = m->next)
		;
	return m;
}

static void return_taps(struct networks *nets)
{
	cleanup_json json_t *status = keeper_status(nets->keeper);
	const json_t *tap;
	size_t i;

	json_array_foreach (json_object_get(status, "taps"), i, tap) {
		const char *name = json_string_value(json_object_get(tap, "tap"));

		if (name && !json_is_true(json_object_get(tap, "pooled")) &&
		    !strv_has(nets->own_taps, name) && !is_claimed(nets, name))
			keeper_post(nets->keeper, name, (1u << NET_SLOTS) - 1, true);
	}
}

void taps_settle(struct networks *nets)
{
	mutex_hold(&nets->taking);
	return_taps(nets);
	strv_free(nets->own_taps);
	nets->own_taps = NULL;
	nets->taps_settled = true;
}

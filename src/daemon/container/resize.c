/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/resize.h"

#include <errno.h>

#include "control/client.h"
#include "daemon/container/exec-start.h"
#include "daemon/container/transition.h"

/* @target: an exec, or "" for the container's process */
static int resize_terminal(struct container *c, const char *target,
			   const struct terminal_size *size, struct err *err)
{
	struct shim_call call = { .request = { .op = CONTROL_RESIZE,
					       .rows = (uint16_t)size->rows,
					       .columns = (uint16_t)size->columns },
				  .fd = -1,
				  .timeout_msec = SHIM_TIMEOUT_MSEC };

	if (!container_is_now(c, STATES_SHIM))
		return err_set(err, -EBUSY,
			       "cannot resize a stopped container: container %s is not running",
			       c->rec.id);
	snprintf(call.request.target, sizeof(call.request.target), "%s", target);
	return shim_call(container_shim(c), &call, NULL, err);
}

int container_resize(struct container *c, const struct terminal_size *size, struct err *err)
{
	int r = resize_terminal(c, "", size, err);

	if (r < 0)
		return r;
	container_publish(c, "resize",
			  json_pack("{s:o, s:o}", "height", json_sprintf("%u", size->rows), "width",
				    json_sprintf("%u", size->columns)));
	return 0;
}

int exec_resize(struct container *c, const char *id, const struct terminal_size *size,
		int client_fd, struct err *err)
{
	int r = exec_await_launch(c, id, client_fd);

	return r == 0 ? resize_terminal(c, id, size, err) : r;
}

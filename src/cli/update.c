/* SPDX-License-Identifier: Apache-2.0 */
/* moat update */
#include <errno.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/create/create-limits.h"

static int update_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *body = json_object();
	int r = body ? create_resources(&c->opt, body, err) : err_nomem(err);

	if (r == 0 && json_object_size(body) == 0)
		return err_set(err, -EINVAL, "nothing to update: give an option");
	if (r == 0)
		r = cli_path(&path, "containers", name, "update", err);
	return r < 0 ? r : cli_request(c, "POST", path.data, body, NULL, err);
}

int command_update(struct cli *c, struct err *err)
{
	return cli_each(c, update_one, true, err);
}

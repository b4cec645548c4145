/* SPDX-License-Identifier: Apache-2.0 */
/* moat image rm, tag, import */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/load.h"

static int rm_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	const json_t *item;
	size_t i;
	int r = cli_path(&path, "images", name, NULL, err);

	if (r == 0)
		r = cli_query(&path, "force", options_flag(&c->opt, "force") ? "1" : NULL, err);
	if (r < 0)
		return r;
	r = cli_request(c, "DELETE", path.data, NULL, &answer, err);
	json_array_foreach (answer, i, item) {
		if (*cli_str(item, "Untagged"))
			printf("Untagged: %s\n", cli_str(item, "Untagged"));
		if (*cli_str(item, "Deleted"))
			printf("Deleted: %s\n", cli_str(item, "Deleted"));
	}
	return r;
}

int command_image_rm(struct cli *c, struct err *err)
{
	return cli_each(c, rm_one, false, err);
}

int command_image_tag(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "images", c->opt.args[0], "tag", err);

	if (r == 0)
		r = cli_query_name(&path, c->opt.args[1], err);
	if (r == 0)
		r = cli_request(c, "POST", path.data, NULL, NULL, err);
	return r;
}

int command_image_import(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	const char *change;
	size_t cursor = 0;
	int r = buf_adds(&path, API_BASE "/images/create") < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_query(&path, "fromSrc", "-", err);
	if (r == 0 && c->opt.n_args > 1)
		r = cli_query_name(&path, c->opt.args[1], err);
	if (r == 0)
		r = cli_query(&path, "message", options_value(&c->opt, "message"), err);
	if (r == 0)
		r = cli_query(&path, "platform", options_value(&c->opt, "platform"), err);
	while (r == 0 && (change = options_next(&c->opt, "change", &cursor)))
		r = cli_query(&path, "changes", change, err);
	if (r == 0)
		r = archive_upload(c, path.data, c->opt.args[0], err);
	return r;
}

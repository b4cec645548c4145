/* SPDX-License-Identifier: Apache-2.0 */
/* moat volume create, rm */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/create/create-put.h"

static int make_request(const struct options *o, json_t *body, struct err *err)
{
	static const struct create_text texts[] = { { "driver", "Driver" }, { 0 } };
	json_t *labels = json_object(), *opts = json_object();
	int r = create_put(body, "Labels", labels, err),
	    s = create_put(body, "DriverOpts", opts, err);

	if (r == 0)
		r = s;
	if (r == 0)
		r = create_put_pairs(o, "label", labels, err);
	if (r == 0)
		r = create_put_pairs(o, "opt", opts, err);
	if (r == 0 && options_value(o, "size"))
		r = create_put(opts, "size", json_string(options_value(o, "size")), err);
	if (r == 0)
		r = create_put_texts(o, texts, body, err);
	return r == 0 && o->args[0] ? create_put(body, "Name", json_string(o->args[0]), err) : r;
}

int command_volume_create(struct cli *c, struct err *err)
{
	cleanup_json json_t *body = json_object(), *answer = NULL;
	int r = body ? make_request(&c->opt, body, err) : err_nomem(err);

	if (r == 0)
		r = cli_request(c, "POST", API_BASE "/volumes/create", body, &answer, err);
	if (r < 0)
		return r;
	puts(cli_str(answer, "Name"));
	return 0;
}

static int remove_volume(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	bool force = options_flag(&c->opt, "force");
	int r = cli_path(&path, "volumes", name, NULL, err);

	if (r == 0)
		r = cli_query(&path, "force", force ? "1" : NULL, err);
	return r < 0 ? r : cli_request(c, "DELETE", path.data, NULL, NULL, err);
}

int command_volume_rm(struct cli *c, struct err *err)
{
	return cli_each(c, remove_volume, true, err);
}

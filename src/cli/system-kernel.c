/* SPDX-License-Identifier: Apache-2.0 */
/* moat system kernel set, show */
#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/shape.h"
#include "cli/kernel-fetch.h"
#include "cli/kernel-source.h"

static int set_path(struct cli *c, const char *path, json_t **ret, struct err *err)
{
	cleanup(kernel_source_reset) struct kernel_source source = { 0 };
	cleanup_json json_t *body = NULL;
	int r = kernel_source_find(path, options_value(&c->opt, "modules"), &source, err);

	if (r < 0)
		return r;
	body = json_pack("{s:s, s:s}", "kernel", source.kernel, "modules",
			 source.modules ? source.modules : "");
	return body ? cli_request(c, "POST", "/moat/kernel", body, ret, err) : err_nomem(err);
}

static int set_recommended(struct cli *c, json_t **ret, struct err *err)
{
	int r = kernel_fetch(c, err);

	return r < 0 ? r : cli_get(c, "/moat/kernel", JSON_OBJECT, ret, err);
}

int command_kernel_set(struct cli *c, struct err *err)
{
	bool recommended = options_flag(&c->opt, "recommended");
	const char *path = c->opt.args[0];
	cleanup_json json_t *answer = NULL;
	int r;

	if (recommended == (path != NULL))
		r = err_set(err, -EINVAL,
			    "name a kernel, or use --recommended; see 'moat system kernel set "
			    "--help'");
	else
		r = recommended ? set_recommended(c, &answer, err)
				: set_path(c, path, &answer, err);
	if (r < 0)
		return r;
	if (*cli_str(answer, "version"))
		puts(cli_str(answer, "version"));
	return 0;
}

int command_kernel_show(struct cli *c, struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup_json json_t *answer = NULL;
	int r = shape_option(c, &shape, err);

	if (r == 0)
		r = cli_get(c, "/moat/kernel", JSON_OBJECT, &answer, err);
	if (r == 0 && shape.kind != SHAPE_TABLE)
		r = shape_print(&shape, answer, err);
	if (r < 0)
		return r;
	if (shape.kind == SHAPE_TABLE)
		printf("Kernel:    %s\nRelease:   %s\nInitramfs: %s\n", cli_str(answer, "kernel"),
		       cli_str(answer, "version"), cli_str(answer, "initrd"));
	return 0;
}

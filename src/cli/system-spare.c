/* SPDX-License-Identifier: Apache-2.0 */
/* moat system spare ls, set */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/listing.h"

static const char spares_path[] = "/moat/spares";

static json_t *spare_row(const json_t *item, bool full)
{
	char key[FORMAT_MAX], memory[FORMAT_MAX], disk[FORMAT_MAX];

	format_short_id(cli_str(item, "Template"), key);
	format_binary_size((uint64_t)cli_int(item, "MemoryBytes"), memory);
	format_size((uint64_t)cli_int(item, "DiskBytes"), disk);
	return json_pack("{s:s, s:o, s:s, s:s, s:s}", "Template",
			 full ? cli_str(item, "Template") : key, "Pid",
			 json_sprintf("%lld", (long long)cli_int(item, "Pid")), "Memory", memory,
			 "Size", disk, "Rehearsed",
			 json_is_true(json_object_get(item, "Rehearsed")) ? "true" : "false");
}

static const struct listing_kind spare_kind = {
	.fields = (const struct listing_field[]){ { "Template", "TEMPLATE", true },
						  { "Pid", "PID", true },
						  { "Memory", "MEMORY", true },
						  { "Size", "SIZE", true },
						  { "Rehearsed", "REHEARSED", false },
						  { 0 } },
	.id = "Pid",
	.row = spare_row,
};

int command_spare_ls(struct cli *c, struct err *err)
{
	return listing_command(c, &spare_kind, spares_path, "Machines", err);
}

int command_spare_set(struct cli *c, struct err *err)
{
	cleanup_json json_t *body = NULL;
	const char *text = c->opt.args[0];
	uint32_t least, most;
	int r = 0;

	if (str_to_range(text, &least, &most) < 0)
		r = err_set(err, -EINVAL, "\"%s\" is no number of machines, nor two as in 1-4",
			    text);
	if (r == 0) {
		body = json_pack("{s:I, s:I}", "Least", (json_int_t)least, "Most",
				 (json_int_t)most);
		r = body ? cli_request(c, "POST", spares_path, body, NULL, err) : err_nomem(err);
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moat volume ls */
#include "cli/volume-ls.h"

#include <stdio.h>

#include "base/json-object.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/labels.h"
#include "cli/format/listing.h"

#define NOT_KNOWN "N/A" /* docker's word for what was not asked for */

static json_t *links_text(const json_t *usage)
{
	return usage ? json_sprintf("%lld", (long long)cli_int(usage, "RefCount"))
		     : json_string(NOT_KNOWN);
}

static json_t *size_text(const json_t *usage)
{
	char size[FORMAT_MAX];

	if (!usage)
		return json_string(NOT_KNOWN);
	format_size((uint64_t)cli_int(usage, "Size"), size);
	return json_string(size);
}

static json_t *volume_row(const json_t *item, bool full)
{
	const json_t *usage = json_object_get(item, "UsageData");

	(void)full;
	return JSON_OBJECT(member_text("Driver", cli_str(item, "Driver")),
			   member_json("Labels", labels_text(json_object_get(item, "Labels"))),
			   member_json("Links", links_text(usage)),
			   member_text("Mountpoint", cli_str(item, "Mountpoint")),
			   member_text("Name", cli_str(item, "Name")),
			   member_text("Scope", cli_str(item, "Scope")),
			   member_json("Size", size_text(usage)));
}

static const struct listing_kind volume_kind = {
	.fields = (const struct listing_field[]){ { "Driver", "DRIVER", true },
						  { "Name", "VOLUME NAME", true },
						  { "Scope", "SCOPE", false },
						  { "Mountpoint", "MOUNTPOINT", false },
						  { "Labels", "LABELS", false },
						  { "Links", "LINKS", false },
						  { "Size", "SIZE", false },
						  { 0 } },
	.id = "Name",
	.row = volume_row,
};

int volume_ls_print(const struct cli *c, const json_t *list, struct err *err)
{
	cleanup_listing struct listing *l = NULL;
	const json_t *item;
	size_t i;
	int r = listing_new(c, &volume_kind, &l, err);

	if (r < 0)
		return r;
	listing_show(l, "Driver", false);
	listing_show(l, "Links", true);
	listing_show(l, "Size", true);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = listing_add(l, volume_row(item, true), NULL, err);
	}
	return r < 0 ? r : listing_print(l, err);
}

int command_volume_ls(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = buf_adds(&path, API_BASE "/volumes") < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_filters(c, &path, err);
	return r < 0 ? r : listing_command(c, &volume_kind, path.data, "Volumes", err);
}

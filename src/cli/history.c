/* SPDX-License-Identifier: Apache-2.0 */
/* moat image history */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/listing.h"

#define CREATED_BY_WIDTH 45
#define YEAR_2000_SEC	 946684800 /* steps dated before this have no true date */
#define COMMENT_WIDTH	 45

static const struct listing_kind history_kind = {
	.fields = (const struct listing_field[]){ { "ID", "IMAGE", true },
						  { "CreatedSince", "CREATED", true },
						  { "CreatedBy", "CREATED BY", true },
						  { "Size", "SIZE", true },
						  { "Comment", "COMMENT", true },
						  { "CreatedAt", "CREATED AT", false },
						  { 0 } },
	.id = "ID",
};

static json_t *cut_text(const char *text, bool full, unsigned width)
{
	cleanup_free char *short_text = full ? strdup(text) : format_ellipsis(text, width);

	return short_text ? json_string(short_text) : NULL;
}

static json_t *step_row(const struct cli *c, const json_t *item)
{
	bool full = options_flag(&c->opt, "no-trunc");
	char id[FORMAT_MAX], since[FORMAT_MAX], at[FORMAT_MAX], size[FORMAT_MAX];
	int64_t seconds = cli_int(item, "Created");

	format_short_id(cli_str(item, "Id"), id);
	format_since(seconds, YEAR_2000_SEC, since);
	format_date(seconds, at);
	if (!options_flag_or(&c->opt, "human", true))
		snprintf(since, sizeof(since), "%s", at);
	if (options_flag_or(&c->opt, "human", true))
		format_size((uint64_t)cli_int(item, "Size"), size);
	else
		snprintf(size, sizeof(size), "%lld", (long long)cli_int(item, "Size"));
	return json_pack("{s:o, s:s, s:o, s:s, s:s, s:s}", "Comment",
			 cut_text(cli_str(item, "Comment"), full, COMMENT_WIDTH), "CreatedAt", at,
			 "CreatedBy", cut_text(cli_str(item, "CreatedBy"), full, CREATED_BY_WIDTH),
			 "CreatedSince", since, "ID", full ? cli_str(item, "Id") : id, "Size",
			 size);
}

int command_image_history(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_listing struct listing *l = NULL;
	cleanup_json json_t *list = NULL;
	const json_t *item;
	size_t i;
	int r = cli_path(&path, "images", c->opt.args[0], "history", err);

	if (r == 0)
		r = cli_get(c, path.data, JSON_ARRAY, &list, err);
	if (r == 0)
		r = listing_new(c, &history_kind, &l, err);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = listing_add(l, step_row(c, item), NULL, err);
	}
	if (r == 0)
		r = listing_print(l, err);
	return r;
}

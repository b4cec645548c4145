/* SPDX-License-Identifier: Apache-2.0 */
/* moat system df */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/listing.h"
#include "cli/format/shape.h"
#include "cli/image-ls.h"
#include "cli/ps.h"
#include "cli/volume-ls.h"

static const struct listing_kind df_kind = {
	.fields = (const struct listing_field[]){ { "Type", "TYPE", true },
						  { "TotalCount", "TOTAL", true },
						  { "Active", "ACTIVE", true },
						  { "Size", "SIZE", true },
						  { "Reclaimable", "RECLAIMABLE", true },
						  { 0 } },
};

/* A kind of object in the answer: where its list is, and how its items say what they take and
 * whether they are used. */
struct usage_kind {
	const char *type, *member, *size;
	bool (*is_active)(const json_t *item);
	const char *sum; /* what all take together, where some share; NULL: the sizes' sum */
};

static bool has_users(const json_t *item)
{
	return cli_int(item, "Containers") > 0;
}

static bool is_running(const json_t *item)
{
	const char *state = cli_str(item, "State");

	return streq(state, "running") || streq(state, "paused") || streq(state, "restarting");
}

static bool is_referenced(const json_t *item)
{
	return cli_int(json_object_get(item, "UsageData"), "RefCount") > 0;
}

static bool is_in_use(const json_t *item)
{
	return json_is_true(json_object_get(item, "InUse"));
}

static bool is_loaded(const json_t *item)
{
	return json_is_true(json_object_get(item, "Loaded"));
}

static const struct usage_kind kinds[] = {
	{ "Images", "Images", "Size", has_users, "LayersSize" },
	{ "Containers", "Containers", "SizeRw", is_running, NULL },
	{ "Local Volumes", "Volumes", "Size", is_referenced, NULL },
	{ "Build Cache", "BuildCache", "Size", is_in_use, NULL },
	{ "Templates", "Templates", "DiskBytes", is_loaded, NULL },
	{ "Spare Machines", "Spares", "DiskBytes", is_in_use, NULL },
	{ "Zygotes", "Zygotes", "DiskBytes", is_in_use, NULL },
};

static int64_t size_of(const json_t *item, const char *key)
{
	const json_t *usage = json_object_get(item, "UsageData");

	return cli_int(usage ? usage : item, key);
}

static json_t *usage_row(const struct usage_kind *kind, const json_t *answer)
{
	const json_t *list = json_object_get(answer, kind->member), *item;
	int64_t bytes = 0, used_bytes = 0, reclaimable = 0;
	char size[FORMAT_MAX], free_size[FORMAT_MAX];
	long long active = 0;
	size_t i;

	json_array_foreach (list, i, item) {
		bool used = kind->is_active(item);

		active += used;
		bytes += size_of(item, kind->size);
		if (used)
			used_bytes += size_of(item, kind->size);
		else
			reclaimable += size_of(item, kind->size) -
				       (kind->sum ? cli_int(item, "SharedSize") : 0);
	}
	if (kind->sum)
		bytes = cli_int(answer, kind->sum);
	/* Space that is shared is freed with the last image that has it: at least this can be
	 * freed. */
	if (reclaimable < bytes - used_bytes)
		reclaimable = bytes - used_bytes;
	format_size((uint64_t)bytes, size);
	format_size((uint64_t)reclaimable, free_size);
	return json_pack("{s:o, s:o, s:s, s:o, s:s}", "Active", json_sprintf("%lld", active),
			 "Reclaimable",
			 json_sprintf("%s (%d%%)", free_size,
				      bytes > 0 ? (int)(100 * reclaimable / bytes) : 0),
			 "Size", size, "TotalCount", json_sprintf("%zu", json_array_size(list)),
			 "Type", kind->type);
}

/* With -v every image and container has a line, or the whole answer is the object. */
static int show_all(struct cli *c, json_t *answer, struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	int r = shape_option(c, &shape, err);

	if (r < 0)
		return r;
	if (shape.kind != SHAPE_TABLE)
		return shape_print(&shape, answer, err);
	puts("Images space usage:\n");
	r = image_ls_print(c, json_object_get(answer, "Images"), true, err);
	puts("\nContainers space usage:\n");
	if (r == 0)
		r = ps_print(c, json_object_get(answer, "Containers"), true, err);
	puts("\nLocal Volumes space usage:\n");
	return r < 0 ? r : volume_ls_print(c, json_object_get(answer, "Volumes"), err);
}

static int show_sums(struct cli *c, const json_t *answer, struct err *err)
{
	cleanup_listing struct listing *l = NULL;
	int r = listing_new(c, &df_kind, &l, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++)
		r = listing_add(l, usage_row(&kinds[i], answer), NULL, err);
	return r < 0 ? r : listing_print(l, err);
}

int command_system_df(struct cli *c, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	int r = cli_get(c, API_BASE "/system/df", JSON_OBJECT, &answer, err);

	if (r == 0)
		r = options_flag(&c->opt, "verbose") ? show_all(c, answer, err)
						     : show_sums(c, answer, err);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moat ps */
#include "cli/ps.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/labels.h"
#include "cli/format/listing.h"
#include "cli/ports-text.h"

#define COMMAND_WIDTH 20

static const struct listing_kind ps_kind = {
	.fields = (const struct listing_field[]){ { "ID", "CONTAINER ID", true },
						  { "Image", "IMAGE", true },
						  { "Command", "COMMAND", true },
						  { "RunningFor", "CREATED", true },
						  { "Status", "STATUS", true },
						  { "Ports", "PORTS", true },
						  { "Names", "NAMES", true },
						  { "Size", "SIZE", false },
						  { "CreatedAt", "CREATED AT", false },
						  { "Labels", "LABELS", false },
						  { "LocalVolumes", "LOCAL VOLUMES", false },
						  { "Mounts", "MOUNTS", false },
						  { "Networks", "NETWORKS", false },
						  { "State", "STATE", false },
						  { 0 } },
	.id = "ID",
};

static json_t *ports_column(const json_t *item)
{
	cleanup_free char *text = ports_text(json_object_get(item, "Ports"));

	return text ? json_string(text) : NULL;
}

/* In the API names have a slash in front. */
static json_t *names_text(const json_t *item)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const json_t *name;
	size_t i;

	json_array_foreach (json_object_get(item, "Names"), i, name) {
		const char *s = json_is_string(name) ? json_string_value(name) : "";

		if (buf_addf(&b, "%s%s", i ? "," : "", *s == '/' ? s + 1 : s) < 0)
			return NULL;
	}
	return json_string(b.data ? b.data : "");
}

static json_t *networks_text(const json_t *item)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	json_t *networks = json_object_get(json_object_get(item, "NetworkSettings"), "Networks");
	const char *name;
	json_t *network;

	json_object_foreach (networks, name, network) {
		if (buf_addf(&b, "%s%s", b.len ? "," : "", name) < 0)
			return NULL;
	}
	return json_string(b.data ? b.data : "");
}

/* A volume's name, or the folder of the host. */
static json_t *mounts_text(const json_t *item, int *ret_volumes)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const json_t *mount;
	size_t i;

	*ret_volumes = 0;
	json_array_foreach (json_object_get(item, "Mounts"), i, mount) {
		const char *name = cli_str(mount, "Name");

		*ret_volumes += *name != '\0';
		if (buf_addf(&b, "%s%s", i ? "," : "", *name ? name : cli_str(mount, "Source")) < 0)
			return NULL;
	}
	return json_string(b.data ? b.data : "");
}

static json_t *command_text(const json_t *item, bool full)
{
	const char *command = cli_str(item, "Command");
	cleanup_free char *cut = full ? strdup(command) : format_ellipsis(command, COMMAND_WIDTH);

	return cut ? json_sprintf("\"%s\"", cut) : NULL;
}

/* "12kB (virtual 4.1MB)": bytes the container wrote, and with its image */
static json_t *size_text(const json_t *item)
{
	char own[FORMAT_MAX], all[FORMAT_MAX];

	format_size((uint64_t)cli_int(item, "SizeRw"), own);
	if (cli_int(item, "SizeRootFs") <= 0)
		return json_string(own);
	format_size((uint64_t)cli_int(item, "SizeRootFs"), all);
	return json_sprintf("%s (virtual %s)", own, all);
}

/* Makes the columns' texts of one element of GET /containers/json. */
static json_t *container_row(const json_t *item, bool full)
{
	char id[FORMAT_MAX], created[FORMAT_MAX], created_at[FORMAT_MAX];
	int64_t seconds = cli_int(item, "Created");
	json_t *mounts;
	int volumes;

	format_short_id(cli_str(item, "Id"), id);
	format_ago(seconds * (int64_t)NSEC_PER_SEC, clock_now_nsec(), created);
	format_date(seconds, created_at);
	mounts = mounts_text(item, &volumes);
	return JSON_OBJECT(member_json("Command", command_text(item, full)),
			   member_text("CreatedAt", created_at),
			   member_text("ID", full ? cli_str(item, "Id") : id),
			   member_text("Image", cli_str(item, "Image")),
			   member_json("Labels", labels_text(json_object_get(item, "Labels"))),
			   member_json("LocalVolumes", json_sprintf("%d", volumes)),
			   member_json("Mounts", mounts), member_json("Names", names_text(item)),
			   member_json("Networks", networks_text(item)),
			   member_json("Ports", ports_column(item)),
			   member_text("RunningFor", created), member_json("Size", size_text(item)),
			   member_text("State", cli_str(item, "State")),
			   member_text("Status", cli_str(item, "Status")));
}

int ps_print(const struct cli *c, const json_t *list, bool size, struct err *err)
{
	bool full = options_flag(&c->opt, "no-trunc");
	cleanup_listing struct listing *l = NULL;
	const json_t *item;
	size_t i;
	int r = listing_new(c, &ps_kind, &l, err);

	if (r < 0)
		return r;
	listing_show(l, "Size", size);
	json_array_foreach (list, i, item) {
		cleanup_json json_t *methods =
			json_pack("{s:O?}", "Label", json_object_get(item, "Labels"));

		if (r == 0)
			r = listing_add(l, container_row(item, full), methods, err);
	}
	return r < 0 ? r : listing_print(l, err);
}

/* Sizes are asked for only where they are shown, as moatd has to look at the disk for them. */
static bool wants_size(const struct cli *c)
{
	const char *format = options_value(&c->opt, "format");

	return options_flag(&c->opt, "size") || (format && strstr(format, ".Size"));
}

int command_ps(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *list = NULL;
	const char *last = options_value(&c->opt, "last");
	int r = buf_adds(&path, API_BASE "/containers/json") < 0 ? err_nomem(err) : 0;

	if (options_flag(&c->opt, "latest"))
		last = "1";
	if (r == 0)
		r = cli_query(&path, "all", options_flag(&c->opt, "all") ? "1" : NULL, err);
	if (r == 0)
		r = cli_query(&path, "limit", last, err);
	if (r == 0)
		r = cli_query(&path, "size", wants_size(c) ? "1" : NULL, err);
	if (r == 0)
		r = cli_filters(c, &path, err);
	if (r == 0)
		r = cli_get(c, path.data, JSON_ARRAY, &list, err);
	if (r == 0)
		r = ps_print(c, list, options_flag(&c->opt, "size"), err);
	return r;
}

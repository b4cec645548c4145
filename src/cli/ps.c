/* SPDX-License-Identifier: Apache-2.0 */
/* moat ps */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/format.h"

#define COMMAND_WIDTH 20

/* What the columns show, made from one element of GET /containers/json. */
struct row {
	char id[128];
	char *command, *names, *ports, *labels, *networks;
	char created[FORMAT_MAX];
};

static void row_reset(struct row *row)
{
	free(row->command);
	free(row->names);
	free(row->ports);
	free(row->labels);
	free(row->networks);
}

/* "a=b,c=d" */
static char *labels_text(json_t *labels)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const char *key;
	json_t *value;

	json_object_foreach (labels, key, value) {
		const char *text = json_is_string(value) ? json_string_value(value) : "";

		if (buf_addf(&b, "%s%s=%s", b.len ? "," : "", key, text) < 0)
			return NULL;
	}
	return buf_take(&b);
}

/* "0.0.0.0:8080->80/tcp, 443/tcp" */
static char *ports_text(const json_t *item)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const json_t *port;
	size_t i;

	json_array_foreach (json_object_get(item, "Ports"), i, port) {
		long long private = (long long)cli_int(port, "PrivatePort");
		long long public = (long long)cli_int(port, "PublicPort");
		int r = buf_adds(&b, i ? ", " : "");

		if (r == 0 && public)
			r = buf_addf(&b, "%s:%lld->", cli_str(port, "IP"), public);
		if (r < 0 || buf_addf(&b, "%lld/%s", private, cli_str(port, "Type")) < 0)
			return NULL;
	}
	return buf_take(&b);
}

/* Names have a slash in front in the API. */
static char *names_text(const json_t *item)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const json_t *name;
	size_t i;

	json_array_foreach (json_object_get(item, "Names"), i, name) {
		const char *s = json_is_string(name) ? json_string_value(name) : "";

		if (buf_addf(&b, "%s%s", i ? "," : "", *s == '/' ? s + 1 : s) < 0)
			return NULL;
	}
	return buf_take(&b);
}

static char *networks_text(const json_t *item)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	json_t *networks = json_object_get(json_object_get(item, "NetworkSettings"), "Networks");
	const char *name;
	json_t *network;

	json_object_foreach (networks, name, network) {
		if (buf_addf(&b, "%s%s", b.len ? "," : "", name) < 0)
			return NULL;
	}
	return buf_take(&b);
}

static char *command_text(const json_t *item, bool full)
{
	const char *command = cli_str(item, "Command");
	cleanup_free char *cut = full ? strdup(command) : format_ellipsis(command, COMMAND_WIDTH);

	return cut ? str_printf("\"%s\"", cut) : NULL;
}

static int row_fill(const json_t *item, bool full, struct row *row, struct err *err)
{
	const char *id = cli_str(item, "Id");

	if (full)
		snprintf(row->id, sizeof(row->id), "%s", id);
	else
		format_short_id(id, row->id);
	row->command = command_text(item, full);
	row->names = names_text(item);
	row->ports = ports_text(item);
	row->labels = labels_text(json_object_get(item, "Labels"));
	row->networks = networks_text(item);
	format_ago(cli_int(item, "Created") * (int64_t)NSEC_PER_SEC, clock_now_nsec(),
		   row->created);
	if (!row->command || !row->names || !row->ports || !row->labels || !row->networks)
		return cli_out_of_memory(err);
	return 0;
}

static int print_json(const json_t *item, const struct row *row, struct err *err)
{
	cleanup_json json_t *out = NULL;
	time_t created = (time_t)cli_int(item, "Created");
	char created_at[64] = "";
	struct tm tm;

	if (localtime_r(&created, &tm))
		strftime(created_at, sizeof(created_at), "%Y-%m-%d %H:%M:%S %z %Z", &tm);
	out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "Command",
			row->command, "CreatedAt", created_at, "ID", row->id, "Image",
			cli_str(item, "Image"), "Labels", row->labels, "Names", row->names,
			"Networks", row->networks, "Ports", row->ports, "RunningFor", row->created,
			"State", cli_str(item, "State"), "Status", cli_str(item, "Status"));
	return out ? cli_print_json(out, err) : cli_out_of_memory(err);
}

static int add_row(struct columns *t, const json_t *item, const struct row *row, struct err *err)
{
	const char *cells[] = { row->id,      cli_str(item, "Image"),  row->command,
				row->created, cli_str(item, "Status"), row->ports,
				row->names };

	return columns_add(t, cells, err);
}

static int show(const struct cli *c, const json_t *list, struct err *err)
{
	static const char *const headers[] = { "CONTAINER ID", "IMAGE", "COMMAND", "CREATED",
					       "STATUS",       "PORTS", "NAMES",   NULL };
	bool full = options_flag(&c->opt, "no-trunc"), quiet = options_flag(&c->opt, "quiet");
	int json = cli_wants_json(c, err), r = json < 0 ? json : 0;
	cleanup_columns struct columns *t = NULL;
	const json_t *item;
	size_t i;

	if (r == 0)
		r = columns_new(headers, &t, err);
	json_array_foreach (list, i, item) {
		cleanup(row_reset) struct row row = { 0 };

		if (r == 0)
			r = row_fill(item, full, &row, err);
		if (r < 0)
			return r;
		if (quiet)
			puts(row.id);
		else
			r = json ? print_json(item, &row, err) : add_row(t, item, &row, err);
	}
	return r < 0 || quiet || json ? r : columns_print(t, err);
}

int command_ps(struct cli *c)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *list = NULL;
	const char *last = options_value(&c->opt, "last");
	struct err err = { 0 };
	int r = buf_adds(&path, API_BASE "/containers/json") < 0 ? cli_out_of_memory(&err) : 0;

	if (options_flag(&c->opt, "latest"))
		last = "1";
	if (r == 0)
		r = cli_query(&path, "all", options_flag(&c->opt, "all") ? "1" : NULL, &err);
	if (r == 0)
		r = cli_query(&path, "limit", last, &err);
	if (r == 0)
		r = cli_filters(c, &path, &err);
	if (r == 0)
		r = cli_get(c, path.data, JSON_ARRAY, &list, &err);
	if (r == 0)
		r = show(c, list, &err);
	return r < 0 ? cli_fail(c, &err) : cli_flush(c, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation of moat stats: all containers are asked one after the other for one sample,
 * and what they used since the last round is the difference to the sample kept from it.  A live
 * table is drawn anew over the old one.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/format.h"

#define ROUND_USEC 1000000u

/* "cpu_stats" of the last round, by container id. */
struct rounds {
	json_t *before, *now;
};

static int64_t deep(const json_t *obj, const char *outer, const char *key)
{
	return cli_int(json_object_get(obj, outer), key);
}

static double cpu_percent(const json_t *before, const json_t *cpu)
{
	int64_t used =
		deep(cpu, "cpu_usage", "total_usage") - deep(before, "cpu_usage", "total_usage");
	int64_t had = cli_int(cpu, "system_cpu_usage") - cli_int(before, "system_cpu_usage");

	if (!before || used <= 0 || had <= 0)
		return 0;
	return 100.0 * (double)used / (double)had * (double)cli_int(cpu, "online_cpus");
}

struct row {
	char id[FORMAT_MAX], cpu[32], memory[2 * FORMAT_MAX + 8], percent[32], host[FORMAT_MAX];
	char block[2 * FORMAT_MAX + 8], pids[32];
	const char *name;
};

static void fill_memory(const json_t *s, struct row *row)
{
	const json_t *memory = json_object_get(s, "memory_stats");
	int64_t used = cli_int(memory, "usage"), limit = cli_int(memory, "limit");
	int64_t cache = deep(memory, "stats", "inactive_file");
	char a[FORMAT_MAX], b[FORMAT_MAX];

	used -= cache < used ? cache : 0;
	format_binary_size((uint64_t)used, a);
	format_binary_size((uint64_t)limit, b);
	snprintf(row->memory, sizeof(row->memory), "%s / %s", a, b);
	snprintf(row->percent, sizeof(row->percent), "%.2f%%",
		 limit > 0 ? 100.0 * (double)used / (double)limit : 0.0);
	format_binary_size((uint64_t)deep(s, "moat", "host_memory_bytes"), row->host);
}

static void fill(const json_t *s, const json_t *before, struct row *row)
{
	const json_t *io =
		json_object_get(json_object_get(s, "blkio_stats"), "io_service_bytes_recursive");
	const char *name = cli_str(s, "name");
	char a[FORMAT_MAX], b[FORMAT_MAX];

	format_short_id(cli_str(s, "id"), row->id);
	row->name = *name == '/' ? name + 1 : name;
	snprintf(row->cpu, sizeof(row->cpu), "%.2f%%",
		 cpu_percent(before, json_object_get(s, "cpu_stats")));
	fill_memory(s, row);
	format_size((uint64_t)cli_int(json_array_get(io, 0), "value"), a);
	format_size((uint64_t)cli_int(json_array_get(io, 1), "value"), b);
	snprintf(row->block, sizeof(row->block), "%s / %s", a, b);
	snprintf(row->pids, sizeof(row->pids), "%lld", (long long)deep(s, "pids_stats", "current"));
}

static int add_row(struct columns *t, const struct row *row, struct err *err)
{
	const char *cells[] = { row->id,      row->name, row->cpu,   row->memory,
				row->percent, row->host, row->block, row->pids };

	return columns_add(t, cells, err);
}

static int print_json(const struct row *row, struct err *err)
{
	cleanup_json json_t *out = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "ID", row->id, "Name", row->name,
		"CPUPerc", row->cpu, "MemUsage", row->memory, "MemPerc", row->percent, "HostMem",
		row->host, "BlockIO", row->block, "PIDs", row->pids);

	return out ? cli_print_json(out, err) : cli_out_of_memory(err);
}

static int get_sample(struct cli *c, const char *name, json_t **ret, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "containers", name, "stats", err);

	if (r == 0)
		r = cli_query(&path, "stream", "0", err);
	if (r == 0)
		r = cli_query(&path, "one-shot", "1", err);
	return r < 0 ? r : cli_get(c, path.data, JSON_OBJECT, ret, err);
}

/* @t: NULL prints JSON, or nothing when @quiet. */
static int one(struct cli *c, const char *name, struct rounds *rounds, struct columns *t,
	       bool quiet, struct err *err)
{
	cleanup_json json_t *s = NULL;
	struct row row;
	const char *id;
	int r = get_sample(c, name, &s, err);

	if (r < 0)
		return r;
	id = cli_str(s, "id");
	fill(s, json_object_get(rounds->before, id), &row);
	json_object_set(rounds->now, id, json_object_get(s, "cpu_stats"));
	if (t)
		return add_row(t, &row, err);
	return quiet ? 0 : print_json(&row, err);
}

/* The containers named, or all that run. */
static int each(struct cli *c, struct rounds *rounds, struct columns *t, bool quiet,
		struct err *err)
{
	const char *all = options_flag(&c->opt, "all") ? "?all=1" : "";
	cleanup_free char *path = str_printf(API_BASE "/containers/json%s", all);
	cleanup_json json_t *list = NULL;
	const json_t *item;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->opt.n_args; i++)
		r = one(c, c->opt.args[i], rounds, t, quiet, err);
	if (c->opt.n_args > 0 || r < 0)
		return r;
	r = path ? cli_get(c, path, JSON_ARRAY, &list, err) : cli_out_of_memory(err);
	json_array_foreach (list, i, item) {
		/* One that ended meanwhile is not there any more: that is all. */
		if (r == 0 && one(c, cli_str(item, "Id"), rounds, t, quiet, err) == -ENOMEM)
			r = -ENOMEM;
	}
	return r;
}

static int round_of(struct cli *c, struct rounds *rounds, bool json, bool quiet, struct err *err)
{
	static const char *const headers[] = { "CONTAINER ID",	    "NAME",  "CPU %",
					       "MEM USAGE / LIMIT", "MEM %", "HOST MEM",
					       "BLOCK I/O",	    "PIDS",  NULL };
	cleanup_columns struct columns *t = NULL;
	int r = 0;

	json_decref(rounds->before);
	rounds->before = rounds->now;
	rounds->now = json_object();
	if (!rounds->now)
		return cli_out_of_memory(err);
	if (!json && !quiet)
		r = columns_new(headers, &t, err);
	if (r == 0)
		r = each(c, rounds, t, quiet, err);
	if (r < 0 || !t)
		return r;
	if (isatty(STDOUT_FILENO) && !options_flag(&c->opt, "no-stream"))
		fputs("\033[H\033[J", stdout);
	return columns_print(t, err);
}

int command_stats(struct cli *c)
{
	struct rounds rounds = { 0 };
	struct err err = { 0 };
	int json = cli_wants_json(c, &err), r = json < 0 ? json : 0;

	/* The first round only finds out where the processors' clocks stand. */
	if (r == 0)
		r = round_of(c, &rounds, json, true, &err);
	while (r == 0) {
		usleep(ROUND_USEC);
		r = round_of(c, &rounds, json, false, &err);
		if (options_flag(&c->opt, "no-stream") || fflush(stdout) != 0)
			break;
	}
	json_decref(rounds.before);
	json_decref(rounds.now);
	return r < 0 ? cli_fail(c, &err) : cli_flush(c, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat stats asks for one sample of each container in turn; use since the
 * last round is the difference to the last sample.  A live table is drawn over the old one.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json-object.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/listing.h"

#define ROUND_USEC 1000000u

/* "cpu_stats" of the last round, by container id. */
struct rounds {
	json_t *before, *now;
};

static int64_t int_within(const json_t *obj, const char *outer, const char *key)
{
	return cli_int(json_object_get(obj, outer), key);
}

static double cpu_percent(const json_t *before, const json_t *cpu)
{
	int64_t used = int_within(cpu, "cpu_usage", "total_usage") -
		       int_within(before, "cpu_usage", "total_usage");
	int64_t had = cli_int(cpu, "system_cpu_usage") - cli_int(before, "system_cpu_usage");

	if (!before || used <= 0 || had <= 0)
		return 0;
	return 100.0 * (double)used / (double)had * (double)cli_int(cpu, "online_cpus");
}

static const struct listing_kind stats_kind = {
	.fields = (const struct listing_field[]){ { "ID", "CONTAINER ID", true },
						  { "Name", "NAME", true },
						  { "CPUPerc", "CPU %", true },
						  { "MemUsage", "MEM USAGE / LIMIT", true },
						  { "MemPerc", "MEM %", true },
						  { "GuestMem", "GUEST MEM", false },
						  { "Cache", "CACHE", true },
						  { "HostMem", "HOST MEM", true },
						  { "GivenBack", "GIVEN BACK", true },
						  { "NetIO", "NET I/O", true },
						  { "BlockIO", "BLOCK I/O", true },
						  { "PIDs", "PIDS", true },
						  { "Container", "CONTAINER", false },
						  { 0 } },
};

/* Guest memory in use, without what its kernel would give up at once, of its limit. */
static int64_t memory_used(const json_t *memory)
{
	int64_t used = cli_int(memory, "usage"),
		cache = int_within(memory, "stats", "inactive_file");

	return used - (cache < used ? cache : 0);
}

/* "12.3kB / 4.5MB" */
static json_t *pair_text(int64_t a, int64_t b, void (*format)(uint64_t bytes, char *ret))
{
	char first[FORMAT_MAX], second[FORMAT_MAX];

	format((uint64_t)a, first);
	format((uint64_t)b, second);
	return json_sprintf("%s / %s", first, second);
}

static json_t *net_text(const json_t *s)
{
	int64_t received = 0, sent = 0;
	const char *name;
	json_t *network;

	json_object_foreach (json_object_get(s, "networks"), name, network) {
		received += cli_int(network, "rx_bytes");
		sent += cli_int(network, "tx_bytes");
	}
	return pair_text(received, sent, format_size);
}

static json_t *block_text(const json_t *s)
{
	const json_t *io =
		json_object_get(json_object_get(s, "blkio_stats"), "io_service_bytes_recursive");

	return pair_text(cli_int(json_array_get(io, 0), "value"),
			 cli_int(json_array_get(io, 1), "value"), format_size);
}

/* A text for one of moat's own figures. */
static json_t *own_text(const json_t *s, const char *key)
{
	char text[FORMAT_MAX];

	format_binary_size((uint64_t)int_within(s, "moat", key), text);
	return json_string(text);
}

/* @asked: the name that the user gave */
static json_t *sample_row(const json_t *s, const json_t *before, const char *asked, bool full)
{
	const json_t *memory = json_object_get(s, "memory_stats");
	const char *name = cli_str(s, "name"), *id = cli_str(s, "id");
	int64_t used = memory_used(memory), limit = cli_int(memory, "limit");
	char short_id[FORMAT_MAX];

	format_short_id(id, short_id);
	return JSON_OBJECT(
		member_json("BlockIO", block_text(s)),
		member_json("Cache", own_text(s, "guest_cache_bytes")),
		member_json("CPUPerc",
			    json_sprintf("%.2f%%",
					 cpu_percent(before, json_object_get(s, "cpu_stats")))),
		member_text("Container", asked),
		member_json("GivenBack", own_text(s, "given_back_bytes")),
		member_json("GuestMem", own_text(s, "guest_used_bytes")),
		member_json("HostMem", own_text(s, "host_memory_bytes")),
		member_text("ID", full ? id : short_id),
		member_json("MemPerc",
			    json_sprintf("%.2f%%",
					 limit > 0 ? 100.0 * (double)used / (double)limit : 0.0)),
		member_json("MemUsage", pair_text(used, limit, format_binary_size)),
		member_text("Name", *name == '/' ? name + 1 : name),
		member_json("NetIO", net_text(s)),
		member_json("PIDs", json_sprintf("%lld", (long long)int_within(s, "pids_stats",
									       "current"))));
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

/* @l: NULL: only take a first sample, to which the next one is compared */
static int add_container(struct cli *c, const char *name, struct rounds *rounds, struct listing *l,
			 struct err *err)
{
	cleanup_json json_t *s = NULL;
	const json_t *before;
	const char *id;
	int r = get_sample(c, name, &s, err);

	if (r < 0)
		return r;
	id = cli_str(s, "id");
	before = json_object_get(rounds->before, id);
	json_object_set(rounds->now, id, json_object_get(s, "cpu_stats"));
	if (!l)
		return 0;
	return listing_add(l, sample_row(s, before, name, options_flag(&c->opt, "no-trunc")), NULL,
			   err);
}

/* Calls for the containers named, or for all that run. */
static int each_container(struct cli *c, struct rounds *rounds, struct listing *l, struct err *err)
{
	const char *all = options_flag(&c->opt, "all") ? "?all=1" : "";
	cleanup_free char *path = str_printf(API_BASE "/containers/json%s", all);
	cleanup_json json_t *list = NULL;
	const json_t *item;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->opt.n_args; i++)
		r = add_container(c, c->opt.args[i], rounds, l, err);
	if (c->opt.n_args > 0 || r < 0)
		return r;
	r = path ? cli_get(c, path, JSON_ARRAY, &list, err) : err_nomem(err);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = add_container(c, cli_str(item, "Id"), rounds, l, err);
		/* A container that ended meanwhile has no line. */
		if (r == -ENOENT || r == -EEXIST)
			r = 0;
	}
	return r;
}

static int round_of(struct cli *c, struct rounds *rounds, bool first, struct err *err)
{
	cleanup_listing struct listing *l = NULL;
	int r = listing_new(c, &stats_kind, &l, err);

	json_decref(rounds->before);
	rounds->before = rounds->now;
	rounds->now = json_object();
	if (r == 0 && !rounds->now)
		r = err_nomem(err);
	if (r == 0)
		r = each_container(c, rounds, first ? NULL : l, err);
	if (r < 0 || first)
		return r;
	if (listing_is_table(l) && isatty(STDOUT_FILENO) && !options_flag(&c->opt, "no-stream"))
		fputs("\033[H\033[J", stdout);
	return listing_print(l, err);
}

int command_stats(struct cli *c, struct err *err)
{
	struct rounds rounds = { 0 };
	int r = round_of(c, &rounds, true, err);

	while (r == 0) {
		usleep(ROUND_USEC);
		r = round_of(c, &rounds, false, err);
		if (options_flag(&c->opt, "no-stream") || fflush(stdout) != 0)
			break;
	}
	json_decref(rounds.before);
	json_decref(rounds.now);
	return r;
}

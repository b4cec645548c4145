/* SPDX-License-Identifier: Apache-2.0 */
/* moat system template ls, rm, build */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/listing.h"

static const char templates_path[] = "/moat/templates";

/* @full: the whole key */
static json_t *template_row(const json_t *item, bool full)
{
	char key[FORMAT_MAX], memory[FORMAT_MAX], disk[FORMAT_MAX];
	char created[FORMAT_MAX], used[FORMAT_MAX];
	int64_t now = clock_now_nsec();

	format_short_id(cli_str(item, "Key"), key);
	format_binary_size((uint64_t)cli_int(item, "MemoryBytes"), memory);
	format_size((uint64_t)cli_int(item, "DiskBytes"), disk);
	format_ago(cli_int(item, "CreatedNsec"), now, created);
	format_ago(cli_int(item, "UsedNsec"), now, used);
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "Key",
			 full ? cli_str(item, "Key") : key, "Engine", cli_str(item, "Engine"),
			 "Cpus", json_sprintf("%lld", (long long)cli_int(item, "Cpus")), "Memory",
			 memory, "Size", disk, "CreatedSince", created, "UsedSince", used, "Kernel",
			 cli_str(item, "Kernel"));
}

static const struct listing_kind template_kind = {
	.fields = (const struct listing_field[]){ { "Key", "KEY", true },
						  { "Engine", "ENGINE", true },
						  { "Cpus", "CPUS", true },
						  { "Memory", "MEMORY", true },
						  { "Size", "SIZE", true },
						  { "CreatedSince", "CREATED", true },
						  { "UsedSince", "USED", true },
						  { "Kernel", "KERNEL", false },
						  { 0 } },
	.id = "Key",
	.row = template_row,
};

int command_template_ls(struct cli *c, struct err *err)
{
	return listing_command(c, &template_kind, templates_path, NULL, err);
}

/* @ret: borrowed from @list */
static int find_key(const json_t *list, const char *start, const char **ret, struct err *err)
{
	const char *found = NULL;
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (!*start || !str_starts(cli_str(item, "Key"), start))
			continue;
		if (found)
			return err_set(err, -EINVAL, "more than one template's key begins with %s",
				       start);
		found = cli_str(item, "Key");
	}
	if (!found)
		return err_set(err, -ENOENT, "no such template: %s", start);
	*ret = found;
	return 0;
}

static int remove_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *list = NULL;
	const char *key = NULL;
	int r = cli_get(c, templates_path, JSON_ARRAY, &list, err);

	if (r == 0)
		r = find_key(list, name, &key, err);
	if (r < 0)
		return r;
	if (buf_addf(&path, "%s/%s", templates_path, key) < 0)
		return err_nomem(err);
	return cli_request(c, "DELETE", path.data, NULL, NULL, err);
}

int command_template_rm(struct cli *c, struct err *err)
{
	return cli_each(c, remove_one, true, err);
}

int command_template_build(struct cli *c, struct err *err)
{
	cleanup_json json_t *answer = NULL;

	if (cli_request(c, "POST", templates_path, NULL, &answer, err) < 0)
		return err->code;
	puts(cli_str(answer, "Key"));
	return 0;
}

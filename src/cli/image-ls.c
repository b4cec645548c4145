/* SPDX-License-Identifier: Apache-2.0 */
/* moat image ls */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/format.h"

#define NONE "<none>"

/* One line: an image under one of its names. */
struct image_row {
	const json_t *item;
	char *repository, *tag, *digest;
	char id[128], created[FORMAT_MAX], size[FORMAT_MAX];
};

struct image_list {
	bool full, quiet, json, digests;
	struct columns *table;
};

static void row_reset(struct image_row *row)
{
	free(row->repository);
	free(row->tag);
	free(row->digest);
}

static int print_json(const struct image_row *row, struct err *err)
{
	cleanup_json json_t *out = NULL;
	time_t created = (time_t)cli_int(row->item, "Created");
	char created_at[64] = "";
	struct tm tm;

	if (localtime_r(&created, &tm))
		strftime(created_at, sizeof(created_at), "%Y-%m-%d %H:%M:%S %z %Z", &tm);
	out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "CreatedAt", created_at,
			"CreatedSince", row->created, "Digest", row->digest, "ID", row->id,
			"Repository", row->repository, "Size", row->size, "Tag", row->tag);
	return out ? cli_print_json(out, err) : cli_out_of_memory(err);
}

static int show_row(const struct image_list *l, struct image_row *row, struct err *err)
{
	const char *plain[] = { row->repository, row->tag, row->id, row->created, row->size };
	const char *with_digest[] = { row->repository, row->tag,     row->digest,
				      row->id,	       row->created, row->size };
	const char *id = cli_str(row->item, "Id");

	if (l->full)
		snprintf(row->id, sizeof(row->id), "%s", id);
	else
		format_short_id(id, row->id);
	format_ago(cli_int(row->item, "Created") * (int64_t)NSEC_PER_SEC, clock_now_nsec(),
		   row->created);
	format_size((uint64_t)cli_int(row->item, "Size"), row->size);
	if (!row->repository || !row->tag || !row->digest)
		return cli_out_of_memory(err);
	if (l->quiet) {
		puts(row->id);
		return 0;
	}
	if (l->json)
		return print_json(row, err);
	return columns_add(l->table, l->digests ? with_digest : plain, err);
}

/* The digest the repository of this name gave the image. */
static char *find_digest(const json_t *item, const char *repository)
{
	const json_t *entry;
	size_t i, n = strlen(repository);

	json_array_foreach (json_object_get(item, "RepoDigests"), i, entry) {
		const char *s = json_is_string(entry) ? json_string_value(entry) : "";

		if (strncmp(s, repository, n) == 0 && s[n] == '@')
			return strdup(s + n + 1);
	}
	return strdup(NONE);
}

static int show_tagged(const struct image_list *l, const json_t *item, const char *name,
		       struct err *err)
{
	cleanup(row_reset) struct image_row row = { .item = item };
	const char *colon = strrchr(name, ':');

	if (!colon || strchr(colon, '/'))
		colon = name + strlen(name);
	row.repository = strndup(name, (size_t)(colon - name));
	row.tag = strdup(*colon ? colon + 1 : NONE);
	row.digest = row.repository ? find_digest(item, row.repository) : NULL;
	return show_row(l, &row, err);
}

static int show_untagged(const struct image_list *l, const json_t *item, struct err *err)
{
	cleanup(row_reset) struct image_row row = { .item = item };
	const char *digest =
		json_string_value(json_array_get(json_object_get(item, "RepoDigests"), 0));
	size_t n = digest ? strcspn(digest, "@") : 0;

	row.repository = digest && n ? strndup(digest, n) : strdup(NONE);
	row.tag = strdup(NONE);
	row.digest = strdup(digest && digest[n] ? digest + n + 1 : NONE);
	return show_row(l, &row, err);
}

static int show_image(const struct image_list *l, const json_t *item, struct err *err)
{
	const json_t *tags = json_object_get(item, "RepoTags"), *tag;
	size_t i;
	int r = 0;

	if (json_array_size(tags) == 0 || l->quiet)
		return show_untagged(l, item, err);
	json_array_foreach (tags, i, tag) {
		if (r == 0 && json_is_string(tag))
			r = show_tagged(l, item, json_string_value(tag), err);
	}
	return r;
}

static int show(const struct cli *c, const json_t *list, struct err *err)
{
	static const char *const plain[] = { "REPOSITORY", "TAG",  "IMAGE ID",
					     "CREATED",	   "SIZE", NULL };
	static const char *const with_digest[] = { "REPOSITORY", "TAG",	 "DIGEST", "IMAGE ID",
						   "CREATED",	 "SIZE", NULL };
	int json = cli_wants_json(c, err), r = json < 0 ? json : 0;
	struct image_list l = { .full = options_flag(&c->opt, "no-trunc"),
				.quiet = options_flag(&c->opt, "quiet"),
				.digests = options_flag(&c->opt, "digests"),
				.json = json > 0 };
	cleanup_columns struct columns *table = NULL;
	const json_t *item;
	size_t i;

	if (r == 0)
		r = columns_new(l.digests ? with_digest : plain, &table, err);
	l.table = table;
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = show_image(&l, item, err);
	}
	return r < 0 || l.quiet || l.json ? r : columns_print(table, err);
}

/* An argument is a filter by reference, as docker has it. */
static int add_reference(const struct cli *c, struct buf *path, struct err *err)
{
	cleanup_json json_t *filter = NULL;
	cleanup_free char *text = NULL;

	if (c->opt.n_args == 0)
		return cli_filters(c, path, err);
	filter = json_pack("{s:[s]}", "reference", c->opt.args[0]);
	text = filter ? json_write(filter) : NULL;
	return text ? cli_query(path, "filters", text, err) : cli_out_of_memory(err);
}

int command_image_ls(struct cli *c)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *list = NULL;
	struct err err = { 0 };
	int r = buf_adds(&path, API_BASE "/images/json") < 0 ? cli_out_of_memory(&err) : 0;

	if (r == 0)
		r = add_reference(c, &path, &err);
	if (r == 0)
		r = cli_get(c, path.data, JSON_ARRAY, &list, &err);
	if (r == 0)
		r = show(c, list, &err);
	return r < 0 ? cli_fail(c, &err) : cli_flush(c, 0);
}

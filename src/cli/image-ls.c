/* SPDX-License-Identifier: Apache-2.0 */
/* moat image ls */
#include "cli/image-ls.h"

#include <stdio.h>
#include <string.h>

#include "base/json-object.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/listing.h"
#include "cli/image-tree.h"

#define NONE	     "<none>"
#define YEAR_ONE_SEC (-62135596800) /* of an image that does not say when it was made */

static const struct listing_kind image_kind = {
	.fields = (const struct listing_field[]){ { "Repository", "REPOSITORY", true },
						  { "Tag", "TAG", true },
						  { "Digest", "DIGEST", false },
						  { "ID", "IMAGE ID", true },
						  { "CreatedSince", "CREATED", true },
						  { "Size", "SIZE", true },
						  { "CreatedAt", "CREATED AT", false },
						  { "Containers", "CONTAINERS", false },
						  { "SharedSize", "SHARED SIZE", false },
						  { "UniqueSize", "UNIQUE SIZE", false },
						  { "VirtualSize", "SIZE", false },
						  { "Verified", "VERIFIED", false },
						  { 0 } },
	.id = "ID",
};

struct image_list {
	struct listing *listing;
	bool full;
	bool sizes; /* show sizes on the disk in place of those of unpacked files */
};

/* An image's shared and own bytes, where moatd gives them. */
static void format_parts(const json_t *item, char shared[FORMAT_MAX], char unique[FORMAT_MAX])
{
	int64_t bytes = cli_int(item, "SharedSize");

	strcpy(shared, "N/A");
	strcpy(unique, "N/A");
	if (!json_object_get(item, "DiskSize"))
		return;
	format_size((uint64_t)bytes, shared);
	format_size((uint64_t)(cli_int(item, "DiskSize") - bytes), unique);
}

/* Was the image seen to be signed under this name? */
static bool is_verified(const json_t *item, const char *repository, const char *tag,
			const char *digest)
{
	cleanup_free char *name =
		repository ? str_printf("%s%c%s", repository, tag ? ':' : '@', tag ? tag : digest)
			   : NULL;
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(item, "Verified"), i, one) {
		if (name && json_is_string(one) && streq(json_string_value(one), name))
			return true;
	}
	return false;
}

/* One line: an image under one of its names; NULL where it has none. */
static json_t *image_row(const struct image_list *l, const json_t *item, const char *repository,
			 const char *tag, const char *digest)
{
	char id[FORMAT_MAX], since[FORMAT_MAX], at[FORMAT_MAX], size[FORMAT_MAX];
	char shared[FORMAT_MAX], unique[FORMAT_MAX];
	int64_t seconds = cli_int(item, "Created"), users = cli_int(item, "Containers");

	format_short_id(cli_str(item, "Id"), id);
	format_since(seconds, YEAR_ONE_SEC, since);
	format_date(seconds, at);
	format_size((uint64_t)cli_int(item, l->sizes ? "DiskSize" : "Size"), size);
	format_parts(item, shared, unique);
	return JSON_OBJECT(
		member_json("Containers", users < 0 ? json_string("N/A")
						    : json_sprintf("%lld", (long long)users)),
		member_text("CreatedAt", at), member_text("CreatedSince", since),
		member_text("Digest", digest ? digest : NONE),
		member_text("ID", l->full ? cli_str(item, "Id") : id),
		member_text("Repository", repository ? repository : NONE),
		member_text("SharedSize", shared), member_text("Size", size),
		member_text("Tag", tag ? tag : NONE), member_text("UniqueSize", unique),
		member_text("VirtualSize", size),
		member_text("Verified", is_verified(item, repository, tag, digest) ? "yes" : "no"));
}

/* The digest that the repository of this name gave the image; borrowed; NULL when it gave none. */
static const char *find_digest(const json_t *item, const char *repository)
{
	const json_t *entry;
	size_t i, n = strlen(repository);

	json_array_foreach (json_object_get(item, "RepoDigests"), i, entry) {
		const char *s = json_is_string(entry) ? json_string_value(entry) : "";

		if (strncmp(s, repository, n) == 0 && s[n] == '@')
			return s + n + 1;
	}
	return NULL;
}

static int show_tagged(const struct image_list *l, const json_t *item, const char *name,
		       struct err *err)
{
	cleanup_free char *repository = strdup(name);
	char *colon = repository ? strrchr(repository, ':') : NULL;

	if (!repository)
		return err_nomem(err);
	if (colon && strchr(colon, '/'))
		colon = NULL;
	if (colon)
		*colon++ = '\0';
	return listing_add(l->listing,
			   image_row(l, item, repository, colon, find_digest(item, repository)),
			   NULL, err);
}

static int show_untagged(const struct image_list *l, const json_t *item, struct err *err)
{
	const char *digest =
		json_string_value(json_array_get(json_object_get(item, "RepoDigests"), 0));
	cleanup_free char *repository = digest ? strdup(digest) : NULL;
	char *at = repository ? strchr(repository, '@') : NULL;

	if (at)
		*at++ = '\0';
	return listing_add(l->listing, image_row(l, item, at ? repository : NULL, NULL, at), NULL,
			   err);
}

static int show_image(const struct image_list *l, const json_t *item, struct err *err)
{
	const json_t *tags = json_object_get(item, "RepoTags"), *tag;
	size_t i;
	int r = 0;

	if (json_array_size(tags) == 0 || listing_quiet(l->listing))
		return show_untagged(l, item, err);
	json_array_foreach (tags, i, tag) {
		if (r == 0 && json_is_string(tag))
			r = show_tagged(l, item, json_string_value(tag), err);
	}
	return r;
}

int image_ls_print(const struct cli *c, const json_t *list, bool sizes, struct err *err)
{
	cleanup_listing struct listing *listing = NULL;
	struct image_list l = { .full = options_flag(&c->opt, "no-trunc"), .sizes = sizes };
	const json_t *item;
	size_t i;
	int r = listing_new(c, &image_kind, &listing, err);

	if (r < 0)
		return r;
	l.listing = listing;
	listing_show(listing, "Digest", options_flag(&c->opt, "digests"));
	listing_show(listing, "SharedSize", sizes);
	listing_show(listing, "UniqueSize", sizes);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = show_image(&l, item, err);
	}
	return r < 0 ? r : listing_print(listing, err);
}

/* An argument is one more filter, by reference, as in docker. */
static int add_filters(const struct cli *c, struct buf *path, struct err *err)
{
	const char *name = c->opt.args[0];
	cleanup_free char *reference = name ? str_printf("reference=%s", name) : NULL;

	if (name && !reference)
		return err_nomem(err);
	return cli_filters_and(c, reference, path, err);
}

int command_image_ls(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *list = NULL;
	bool tree = options_flag(&c->opt, "tree");
	int r = buf_adds(&path, API_BASE "/images/json") < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_query(&path, "all", options_flag(&c->opt, "all") ? "1" : NULL, err);
	if (r == 0)
		r = cli_query(&path, "shared-size", "1", err);
	if (r == 0)
		r = cli_query(&path, "manifests", tree ? "1" : NULL, err);
	if (r == 0)
		r = add_filters(c, &path, err);
	if (r == 0)
		r = cli_get(c, path.data, JSON_ARRAY, &list, err);
	if (r == 0)
		r = tree ? image_tree_print(c, list)
			 : image_ls_print(c, list, options_flag(&c->opt, "sizes"), err);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moat image ls --tree */
#include "cli/image-tree.h"

#include <stdio.h>

#include "cli/cli.h"
#include "cli/format/format.h"

#define DIGEST_SHOWN 19 /* "sha256:" and 12 digits */

struct tree {
	bool full; /* whole digests */
};

static void print_digest(const struct tree *t, const char *digest)
{
	printf("%.*s", t->full ? 1000 : DIGEST_SHOWN, digest);
}

static void print_layers(const struct tree *t, const json_t *layers, bool last)
{
	char size[FORMAT_MAX];
	const json_t *layer;
	size_t i;

	json_array_foreach (layers, i, layer) {
		format_size((uint64_t)cli_int(layer, "Size"), size);
		printf("%s  %s ", last ? " " : "│", i + 1 < json_array_size(layers) ? "├─" : "└─");
		print_digest(t, cli_str(layer, "Digest"));
		printf("  %s\n", size);
	}
}

static void print_platform(const json_t *part)
{
	const json_t *p = json_object_get(json_object_get(part, "ImageData"), "Platform");
	const char *variant = cli_str(p, "variant");

	if (p)
		printf("%s/%s%s%s  ", cli_str(p, "os"), cli_str(p, "architecture"),
		       *variant ? "/" : "", variant);
	else
		printf("no image  ");
}

static void print_part(const struct tree *t, const json_t *part, bool last)
{
	bool there = json_is_true(json_object_get(part, "Available"));
	char size[FORMAT_MAX];

	format_size((uint64_t)cli_int(json_object_get(part, "Size"), "Content"), size);
	printf("%s ", last ? "└─" : "├─");
	print_platform(part);
	print_digest(t, cli_str(part, "ID"));
	printf("  %s\n", there ? size : "not here");
	print_layers(t, json_object_get(part, "Layers"), last);
}

static void print_names(const json_t *item)
{
	const json_t *tags = json_object_get(item, "RepoTags"), *tag;
	size_t i;

	if (json_array_size(tags) == 0)
		printf("<none>  ");
	json_array_foreach (tags, i, tag)
		printf("%s  ", json_string_value(tag));
}

int image_tree_print(const struct cli *c, const json_t *list)
{
	struct tree t = { .full = options_flag(&c->opt, "no-trunc") };
	char id[FORMAT_MAX], size[FORMAT_MAX];
	const json_t *item, *part;
	size_t i, k;

	json_array_foreach (list, i, item) {
		const json_t *parts = json_object_get(item, "Manifests");

		format_short_id(cli_str(item, "Id"), id);
		format_size((uint64_t)cli_int(item, "DiskSize"), size);
		print_names(item);
		printf("%s  %s\n", t.full ? cli_str(item, "Id") : id, size);
		json_array_foreach (parts, k, part)
			print_part(&t, part, k + 1 == json_array_size(parts));
	}
	return 0;
}

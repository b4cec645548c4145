/* SPDX-License-Identifier: Apache-2.0 */
/* moat container prune, image prune, volume prune, system prune */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"

/* Asks the user.  Without a terminal, too, as docker does: a script that gives no answer removes
 * nothing.  Return: 0 to go on; 1 when the user does not want to. */
static int confirm_removal(const struct cli *c, const char *what)
{
	char answer[16] = "";

	if (options_flag(&c->opt, "force"))
		return 0;
	fprintf(stderr, "This will remove %s.\nAre you sure you want to continue? [y/N] ", what);
	if (!fgets(answer, sizeof(answer), stdin)) {
		fputc('\n', stderr);
		return 1;
	}
	answer[strcspn(answer, "\n")] = '\0';
	return strcasecmp(answer, "y") != 0 && strcasecmp(answer, "yes") != 0;
}

static void print_name(const json_t *id)
{
	puts(json_is_string(id) ? json_string_value(id) : "");
}

static void print_image(const json_t *item)
{
	if (*cli_str(item, "Untagged"))
		printf("untagged: %s\n", cli_str(item, "Untagged"));
	if (*cli_str(item, "Deleted"))
		printf("deleted: %s\n", cli_str(item, "Deleted"));
}

struct kind {
	const char *path, *member, *title;
	void (*print)(const json_t *item);
};

static const struct kind containers = { API_BASE "/containers/prune", "ContainersDeleted",
					"Deleted Containers:", print_name };
static const struct kind networks = { API_BASE "/networks/prune", "NetworksDeleted",
				      "Deleted Networks:", print_name };
static const struct kind volumes = { API_BASE "/volumes/prune", "VolumesDeleted",
				     "Deleted Volumes:", print_name };
static const struct kind images = { API_BASE "/images/prune", "ImagesDeleted",
				    "Deleted Images:", print_image };

/* Images with a name are not dangling, and are removed only where that is asked for. */
#define NAMED_IMAGES "dangling=false"

/* @more: one more filter; NULL for none */
static int prune_kind(struct cli *c, const struct kind *kind, const char *more, int64_t *freed,
		      struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	const json_t *list, *item;
	size_t i;
	int r = buf_adds(&path, kind->path) < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_filters_and(c, more, &path, err);
	if (r == 0)
		r = cli_request(c, "POST", path.data, NULL, &answer, err);
	if (r < 0)
		return r;
	list = json_object_get(answer, kind->member);
	if (json_array_size(list) > 0)
		puts(kind->title);
	json_array_foreach (list, i, item)
		kind->print(item);
	if (json_array_size(list) > 0)
		puts("");
	*freed += cli_int(answer, "SpaceReclaimed");
	return 0;
}

static void report_freed(int64_t freed)
{
	char text[FORMAT_MAX];

	format_size((uint64_t)freed, text);
	printf("Total reclaimed space: %s\n", text);
}

static int prune_alone(struct cli *c, const struct kind *kind, const char *more, struct err *err)
{
	int64_t freed = 0;
	int r = prune_kind(c, kind, more, &freed, err);

	if (r == 0)
		report_freed(freed);
	return r;
}

int command_container_prune(struct cli *c, struct err *err)
{
	return confirm_removal(c, "all stopped containers")
		       ? 0
		       : prune_alone(c, &containers, NULL, err);
}

int command_network_prune(struct cli *c, struct err *err)
{
	int64_t freed = 0;

	if (confirm_removal(c, "all networks that no container is on"))
		return 0;
	return prune_kind(c, &networks, NULL, &freed, err);
}

int command_image_prune(struct cli *c, struct err *err)
{
	bool all = options_flag(&c->opt, "all");

	if (confirm_removal(c, all ? "all images that no container uses"
				   : "all images without a name"))
		return 0;
	return prune_alone(c, &images, all ? NAMED_IMAGES : NULL, err);
}

int command_volume_prune(struct cli *c, struct err *err)
{
	bool all = options_flag(&c->opt, "all");

	if (confirm_removal(c, all ? "all volumes that no container has"
				   : "all volumes that nobody named and no container has"))
		return 0;
	return prune_alone(c, &volumes, all ? "all=true" : NULL, err);
}

static bool confirm_system(const struct cli *c, bool all, bool with_volumes)
{
	cleanup_free char *what = str_printf(
		"all stopped containers, all networks that no container is on%s, and all images %s",
		with_volumes ? ", all volumes that nobody named and no container has" : "",
		all ? "that no container uses" : "without a name");

	return what && confirm_removal(c, what) == 0;
}

/* Refuses "until" for volumes, as docker does: it is not known when a volume was used last. */
static int check_until(const struct cli *c, struct err *err)
{
	const char *filter;
	size_t cursor = 0;

	while ((filter = options_next(&c->opt, "filter", &cursor)))
		if (str_starts(filter, "until="))
			return err_set(err, -EINVAL,
				       "the \"until\" filter is not supported with \"--volumes\"");
	return 0;
}

int command_system_prune(struct cli *c, struct err *err)
{
	bool all = options_flag(&c->opt, "all"), with_volumes = options_flag(&c->opt, "volumes");
	int64_t freed = 0;
	int r;

	if (with_volumes && check_until(c, err) < 0)
		return err->code;
	if (!confirm_system(c, all, with_volumes))
		return 0;
	r = prune_kind(c, &containers, NULL, &freed, err);
	if (r == 0)
		r = prune_kind(c, &networks, NULL, &freed, err);
	if (r == 0 && with_volumes)
		r = prune_kind(c, &volumes, NULL, &freed, err);
	if (r == 0)
		r = prune_kind(c, &images, all ? NAMED_IMAGES : NULL, &freed, err);
	if (r == 0)
		report_freed(freed);
	return r;
}

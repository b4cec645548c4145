/* SPDX-License-Identifier: Apache-2.0 */
/* moat diff, moat commit */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/shape.h"

/* Control characters in a file's name become "?" on a terminal, to which they could be commands. */
static void put_path(const char *path)
{
	bool plain = isatty(STDOUT_FILENO);

	for (; *path; path++)
		putchar(plain && ((unsigned char)*path < ' ' || *path == 0x7f) ? '?' : *path);
	putchar('\n');
}

static void show_changes(const json_t *list)
{
	static const char letters[] = { 'C', 'A', 'D' };
	const json_t *change;
	size_t i;

	json_array_foreach (list, i, change) {
		int64_t kind = cli_int(change, "Kind");

		printf("%c ", kind >= 0 && kind < 3 ? letters[kind] : '?');
		put_path(cli_str(change, "Path"));
	}
}

int command_diff(struct cli *c, struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *list = NULL;
	int r = shape_option(c, &shape, err);

	if (r == 0)
		r = cli_path(&path, "containers", c->opt.args[0], "changes", err);
	if (r == 0)
		r = cli_get(c, path.data, JSON_ARRAY, &list, err);
	if (r == 0 && shape.kind == SHAPE_TABLE)
		show_changes(list);
	else if (r == 0)
		r = shape_print(&shape, list, err);
	return r;
}

static int make_path(const struct cli *c, struct buf *path, struct err *err)
{
	const char *change;
	size_t cursor = 0;
	int r = buf_adds(path, API_BASE "/commit") < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_query(path, "container", c->opt.args[0], err);
	if (r == 0 && c->opt.n_args > 1)
		r = cli_query_name(path, c->opt.args[1], err);
	if (r == 0)
		r = cli_query(path, "author", options_value(&c->opt, "author"), err);
	if (r == 0)
		r = cli_query(path, "comment", options_value(&c->opt, "message"), err);
	if (r == 0)
		r = cli_query(path, "pause", options_flag_or(&c->opt, "pause", true) ? "1" : "0",
			      err);
	while (r == 0 && (change = options_next(&c->opt, "change", &cursor)))
		r = cli_query(path, "changes", change, err);
	return r;
}

int command_commit(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	int r = make_path(c, &path, err);

	if (r == 0)
		r = cli_request(c, "POST", path.data, NULL, &answer, err);
	if (r < 0)
		return r;
	puts(cli_str(answer, "Id"));
	return 0;
}

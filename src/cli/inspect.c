/* SPDX-License-Identifier: Apache-2.0 */
/* moat inspect, moat image inspect */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"

/* @kinds: collections to look in, in this order; ends with NULL */
static int find(struct cli *c, const char *name, const char *const *kinds, json_t **ret,
		struct err *err)
{
	int r = -ENOENT;

	for (; *kinds && r == -ENOENT; kinds++)
		r = cli_inspect(c, *kinds, name, ret, err);
	return r;
}

static int inspect(struct cli *c, const char *const *kinds, const char *noun)
{
	cleanup_json json_t *list = json_array();
	struct err err = { 0 };
	int status = 0;

	for (char **name = c->opt.args; *name; name++) {
		json_t *obj;
		int r = find(c, *name, kinds, &obj, &err);

		if (r >= 0 && json_array_append_new(list, obj) == 0)
			continue;
		status = 1;
		if (r == -ENOENT)
			fprintf(stderr, "Error: No such %s: %s\n", noun, *name);
		else
			cli_fail(c, &err);
	}
	if (json_array_size(list) == 0)
		puts("[]");
	else if (json_dumpf(list, stdout, JSON_INDENT(4)) == 0)
		putchar('\n');
	return cli_flush(c, status);
}

int command_inspect(struct cli *c)
{
	static const char *const any[] = { "containers", "images", NULL };
	static const char *const containers[] = { "containers", NULL };
	static const char *const images[] = { "images", NULL };
	const char *type = options_value(&c->opt, "type");
	struct err err;

	if (!type)
		return inspect(c, any, "object");
	if (streq(type, "container"))
		return inspect(c, containers, "container");
	if (streq(type, "image"))
		return inspect(c, images, "image");
	err_set(&err, -EINVAL, "unknown type \"%s\"; it is container or image", type);
	return cli_fail(c, &err);
}

int command_image_inspect(struct cli *c)
{
	static const char *const images[] = { "images", NULL };

	return inspect(c, images, "image");
}

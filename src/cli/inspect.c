/* SPDX-License-Identifier: Apache-2.0 */
/* moat inspect, and moat container, image, network, volume inspect */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/shape.h"

/* Does the path of an object of this kind end with its name? */
static bool is_plain(const char *kind)
{
	return streq(kind, "networks") || streq(kind, "secrets") || streq(kind, "volumes");
}

static int get_object(struct cli *c, const char *kind, const char *name, json_t **ret,
		      struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, kind, name, is_plain(kind) ? NULL : "json", err);

	if (r == 0)
		r = cli_query(&path, "size", options_flag(&c->opt, "size") ? "1" : NULL, err);
	return r < 0 ? r : cli_get(c, path.data, JSON_OBJECT, ret, err);
}

/* @kinds: collections to look in, in this order; ends with NULL */
static int find_object(struct cli *c, const char *name, const char *const *kinds, json_t **ret,
		       struct err *err)
{
	int r = -ENOENT;

	for (; *kinds && r == -ENOENT; kinds++)
		r = get_object(c, *kinds, name, ret, err);
	return r;
}

/* Prints the array as docker does, indented by four. */
static int print_array(json_t *list, struct err *err)
{
	cleanup_free char *text = json_dumps(list, JSON_INDENT(4));

	if (!text)
		return err_nomem(err);
	puts(text);
	return 0;
}

/* Adds what docker leaves out of an answer where nothing was asked for: to templates it is there,
 * and null. */
static int add_left_out(json_t *item)
{
	static const char *const left_out[][2] = {
		{ "State", "Health" },	      { "Config", "Healthcheck" },
		{ "Config", "ExposedPorts" }, { "Config", "Shell" },
		{ "Config", "StopTimeout" },  { "HostConfig", "Annotations" },
		{ "HostConfig", "Init" },     { "HostConfig", "Mounts" },
		{ "HostConfig", "Sysctls" },  { "HostConfig", "Tmpfs" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
		json_t *part = json_object_get(item, left_out[i][0]);

		if (json_is_object(part) && !json_object_get(part, left_out[i][1]) &&
		    json_object_set_new(part, left_out[i][1], json_null()) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int print_list(const struct shape *shape, json_t *list, struct err *err)
{
	json_t *item;
	size_t i;
	int r = 0;

	if (shape->kind == SHAPE_TABLE)
		return print_array(list, err);
	if (shape->kind != SHAPE_TEMPLATE)
		return shape_print(shape, list, err);
	json_array_foreach (list, i, item) {
		if (r == 0)
			r = add_left_out(item) < 0 ? err_nomem(err)
						   : shape_print_item(shape, item, NULL, err);
	}
	return r;
}

static int inspect_objects(struct cli *c, const char *const *kinds, const char *noun,
			   struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup_json json_t *list = json_array();
	int status = 0, r = shape_option(c, &shape, err);

	if (r < 0)
		return r;
	if (shape.kind == SHAPE_TABLE_TEMPLATE)
		shape.kind = SHAPE_TEMPLATE;
	for (char **name = c->opt.args; *name; name++) {
		json_t *obj;

		r = find_object(c, *name, kinds, &obj, err);
		if (r >= 0 && json_array_append_new(list, obj) == 0)
			continue;
		status = 1;
		if (r == -ENOENT)
			fprintf(stderr, "Error: No such %s: %s\n", noun, *name);
		else
			cli_fail(c, err);
	}
	r = print_list(&shape, list, err);
	return r < 0 ? r : status;
}

int command_inspect(struct cli *c, struct err *err)
{
	static const char *const any[] = { "containers", "images", "networks", "volumes", NULL };
	static const char *const containers[] = { "containers", NULL };
	static const char *const images[] = { "images", NULL };
	static const char *const networks[] = { "networks", NULL };
	static const char *const volumes[] = { "volumes", NULL };
	const char *type = options_value(&c->opt, "type");

	if (!type)
		return inspect_objects(c, any, "object", err);
	if (streq(type, "container"))
		return inspect_objects(c, containers, "container", err);
	if (streq(type, "image"))
		return inspect_objects(c, images, "image", err);
	if (streq(type, "network"))
		return inspect_objects(c, networks, "network", err);
	if (streq(type, "volume"))
		return inspect_objects(c, volumes, "volume", err);
	return err_set(err, -EINVAL,
		       "unknown type \"%s\"; it is container, image, network or volume", type);
}

int command_container_inspect(struct cli *c, struct err *err)
{
	static const char *const containers[] = { "containers", NULL };

	return inspect_objects(c, containers, "container", err);
}

int command_network_inspect(struct cli *c, struct err *err)
{
	static const char *const networks[] = { "networks", NULL };

	return inspect_objects(c, networks, "network", err);
}

int command_secret_inspect(struct cli *c, struct err *err)
{
	static const char *const secrets[] = { "secrets", NULL };

	return inspect_objects(c, secrets, "secret", err);
}

int command_volume_inspect(struct cli *c, struct err *err)
{
	static const char *const volumes[] = { "volumes", NULL };

	return inspect_objects(c, volumes, "volume", err);
}

int command_image_inspect(struct cli *c, struct err *err)
{
	static const char *const images[] = { "images", NULL };

	return inspect_objects(c, images, "image", err);
}

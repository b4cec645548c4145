/* SPDX-License-Identifier: Apache-2.0 */
/* moat port */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"

/* Prints where one port of the container is published.  @name: "80/tcp"; @alone: the user asked for
 * this port */
static void print_port(const char *name, const json_t *bindings, bool alone)
{
	const json_t *binding;
	size_t i;

	json_array_foreach (bindings, i, binding) {
		const char *ip = cli_str(binding, "HostIp");
		bool v6 = strchr(ip, ':') != NULL;

		if (!alone)
			printf("%s -> ", name);
		printf("%s%s%s:%s\n", v6 ? "[" : "", *ip ? ip : "0.0.0.0", v6 ? "]" : "",
		       cli_str(binding, "HostPort"));
	}
}

static int print_one(const json_t *ports, const char *id, const char *text, struct err *err)
{
	cleanup_free char *name = strchr(text, '/') ? strdup(text) : str_printf("%s/tcp", text);
	const json_t *bindings = name ? json_object_get(ports, name) : NULL;

	if (!name)
		return err_nomem(err);
	if (json_array_size(bindings) == 0)
		return err_set(err, -ENOENT, "no public port '%s' published for %s", name, id);
	print_port(name, bindings, true);
	return 0;
}

int command_port(struct cli *c, struct err *err)
{
	const char *id = c->opt.args[0], *name;
	cleanup_json json_t *info = NULL;
	json_t *ports, *bindings;
	int r = cli_inspect(c, "containers", id, &info, err);

	ports = json_object_get(json_object_get(info, "NetworkSettings"), "Ports");
	if (r == 0 && c->opt.n_args > 1)
		r = print_one(ports, id, c->opt.args[1], err);
	if (r == 0 && c->opt.n_args == 1)
		json_object_foreach (ports, name, bindings)
			print_port(name, bindings, false);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-host.h"

#include "cli/create/create-guest.h"
#include "cli/create/create-limits.h"
#include "cli/create/create-log.h"
#include "cli/create/create-mount.h"
#include "cli/create/create-network.h"
#include "cli/create/create-ports.h"
#include "cli/create/create-put.h"
#include "cli/create/create-secret.h"
#include "cli/create/create-sockets.h"
#include "cli/kernel-source.h"
#include "cli/term/terminal.h"

/* The terminal's size is part of the request, so that it need not be changed right after the
 * start. */
static void put_console_size(json_t *host)
{
	json_t *size = terminal_size_json();

	if (size)
		json_object_set_new(host, "ConsoleSize", size);
}

/* Options that docker's API has no members for. */
static int put_ours(const struct options *o, json_t *host, struct err *err)
{
	cleanup(kernel_source_reset) struct kernel_source source = { 0 };
	const char *kernel = options_value(o, "kernel");
	json_t *ours = json_object();
	int r = create_put(host, "Moat", ours, err);

	if (r == 0 && options_flag(o, "cold"))
		r = create_put(ours, "Cold", json_true(), err);
	if (r == 0 && options_flag(o, "no-dns"))
		r = create_put(ours, "NoDns", json_true(), err);
	if (r == 0 && kernel)
		r = kernel_source_find(kernel, NULL, &source, err);
	if (r == 0 && source.kernel)
		r = create_put(ours, "Kernel", json_string(source.kernel), err);
	if (r == 0 && source.modules)
		r = create_put(ours, "Modules", json_string(source.modules), err);
	if (r == 0)
		r = create_put_secrets(o, ours, err);
	if (r == 0)
		r = create_put_sockets(o, ours, err);
	if (r == 0 && json_object_size(ours) == 0)
		(void)json_object_del(host, "Moat");
	return r;
}

int create_put_host(const struct options *o, json_t *body, struct err *err)
{
	static const struct create_text lists[] = { { "cap-add", "CapAdd" },
						    { "cap-drop", "CapDrop" },
						    { 0 } };
	json_t *host = json_object();
	int r = create_put(body, "HostConfig", host, err);

	if (r == 0)
		r = create_put(host, "AutoRemove", json_boolean(options_flag(o, "rm")), err);
	if (r == 0)
		r = create_put(host, "ReadonlyRootfs", json_boolean(options_flag(o, "read-only")),
			       err);
	if (r == 0 && options_flag(o, "tty"))
		put_console_size(host);
	if (r == 0)
		r = put_ours(o, host, err);
	if (r == 0)
		r = create_put_networks(o, body, host, err);
	if (r == 0)
		r = create_put_lists(o, lists, host, err);
	if (r == 0)
		r = create_resources(o, host, err);
	if (r == 0)
		r = create_put_guest(o, host, err);
	if (r == 0)
		r = create_put_ulimits(o, host, err);
	if (r == 0)
		r = create_put_log(o, host, err);
	if (r == 0)
		r = create_put_ports(o, body, host, err);
	return r < 0 ? r : create_put_mounts(o, body, host, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/create/create-host.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/create/create-guest.h"
#include "cli/create/create-limits.h"
#include "cli/create/create-log.h"
#include "cli/create/create-put.h"
#include "cli/kernel-source.h"
#include "cli/term/terminal.h"

static int bad_port(const char *text, struct err *err)
{
	return err_set(err, -EINVAL, "invalid port \"%s\"; write [[IP:]HOST:]PORT[/PROTO]", text);
}

int create_publish(json_t *bindings, const char *text, struct err *err)
{
	cleanup_free char *copy = strdup(text), *key = NULL;
	char *port, *host = NULL, *ip = NULL, *proto;
	uint32_t number;
	json_t *list;

	if (!copy)
		return err_nomem(err);
	proto = strrchr(copy, '/');
	if (proto)
		*proto++ = '\0';
	port = strrchr(copy, ':');
	if (port) {
		*port++ = '\0';
		host = strrchr(copy, ':');
		ip = host ? copy : NULL;
		if (host)
			*host++ = '\0';
		else
			host = copy;
	}
	if (!port)
		port = copy;
	if (str_to_u32(port, &number) < 0 || number < 1 || number > 65535 ||
	    (host && *host && (str_to_u32(host, &number) < 0 || number > 65535)))
		return bad_port(text, err);
	if (ip && *ip == '[' && str_ends(ip, "]")) {
		ip++;
		ip[strlen(ip) - 1] = '\0';
	}
	key = str_printf("%s/%s", port, proto ? proto : "tcp");
	if (!key)
		return err_nomem(err);
	list = json_object_get(bindings, key);
	if (!list) {
		list = json_array();
		if (create_put(bindings, key, list, err) < 0)
			return -EINVAL;
	}
	if (json_array_append_new(list, json_pack("{s:s, s:s}", "HostIp", ip ? ip : "", "HostPort",
						  host ? host : "")) < 0)
		return bad_port(text, err);
	return 0;
}

/* The terminal's size is part of the request, so that it need not be changed right after the
 * start. */
static void put_console_size(json_t *host)
{
	json_t *size = terminal_size_json();

	if (size)
		json_object_set_new(host, "ConsoleSize", size);
}

static int put_ports(const struct options *o, json_t *host, struct err *err)
{
	json_t *bindings = json_object();
	const char *value;
	size_t cursor = 0;
	int r = create_put(host, "PortBindings", bindings, err);

	while (r == 0 && (value = options_next(o, "publish", &cursor)))
		r = create_publish(bindings, value, err);
	return r;
}

/* "-v /data" is a new volume; everything with a source is a bind. */
static int put_volumes(const struct options *o, json_t *body, json_t *host, struct err *err)
{
	json_t *volumes = json_object(), *binds = json_array();
	const char *value;
	size_t cursor = 0;
	int r = create_put(body, "Volumes", volumes, err),
	    s = create_put(host, "Binds", binds, err);

	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	while (r == 0 && (value = options_next(o, "volume", &cursor))) {
		if (!strchr(value, ':'))
			r = create_put(volumes, value, json_object(), err);
		else if (json_array_append_new(binds, json_string(value)) < 0)
			r = err_set(err, -EINVAL, "volume \"%s\" is not UTF-8", value);
	}
	return r;
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
	if (r == 0 && kernel)
		r = kernel_source_find(kernel, NULL, &source, err);
	if (r == 0 && source.kernel)
		r = create_put(ours, "Kernel", json_string(source.kernel), err);
	if (r == 0 && source.modules)
		r = create_put(ours, "Modules", json_string(source.modules), err);
	if (r == 0 && json_object_size(ours) == 0)
		(void)json_object_del(host, "Moat");
	return r;
}

int create_put_host(const struct options *o, json_t *body, struct err *err)
{
	static const struct create_text texts[] = { { "network", "NetworkMode" }, { 0 } };
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
		r = create_put_texts(o, texts, host, err);
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
		r = put_ports(o, host, err);
	return r < 0 ? r : put_volumes(o, body, host, err);
}

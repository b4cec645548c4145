/* SPDX-License-Identifier: Apache-2.0 */
/* moat network create, rm, connect, disconnect */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ip.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/create/create-network.h"
#include "cli/create/create-put.h"

#define NETWORKS API_BASE "/networks"

static int bad_value(const char *option, const char *text, const char *write, struct err *err)
{
	return err_set(err, -EINVAL, "invalid --%s \"%s\"; write %s", option, text, write);
}

static int add_subnets(const struct options *o, json_t *list, struct err *err)
{
	const char *text;
	size_t cursor = 0;

	while ((text = options_next(o, "subnet", &cursor))) {
		struct ip_net net;

		if (ip_net_parse(text, &net) < 0)
			return bad_value("subnet", text, "ADDRESS/BITS", err);
		if (json_array_append_new(list, json_pack("{s:s}", "Subnet", text)) < 0)
			return err_nomem(err);
	}
	return 0;
}

/* The entry of the subnet that an address is in; NULL. */
static json_t *find_subnet(json_t *list, const struct ip *ip)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		struct ip_net net;

		if (ip_net_parse(cli_str(item, "Subnet"), &net) == 0 && ip_net_has(&net, ip))
			return item;
	}
	return NULL;
}

static int no_subnet(const char *option, const char *text, struct err *err)
{
	return err_set(err, -EINVAL, "--%s %s is in none of the subnets that --subnet names",
		       option, text);
}

static int put_gateways(const struct options *o, json_t *list, struct err *err)
{
	const char *text;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (text = options_next(o, "gateway", &cursor))) {
		json_t *item;
		struct ip ip;

		if (ip_parse(text, &ip) < 0)
			return bad_value("gateway", text, "ADDRESS", err);
		item = find_subnet(list, &ip);
		r = item ? create_put(item, "Gateway", json_string(text), err)
			 : no_subnet("gateway", text, err);
	}
	return r;
}

static int put_ranges(const struct options *o, json_t *list, struct err *err)
{
	const char *text;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (text = options_next(o, "ip-range", &cursor))) {
		struct ip_net range;
		json_t *item;

		if (ip_net_parse(text, &range) < 0)
			return bad_value("ip-range", text, "ADDRESS/BITS", err);
		item = find_subnet(list, &range.ip);
		r = item ? create_put(item, "IPRange", json_string(text), err)
			 : no_subnet("ip-range", text, err);
	}
	return r;
}

static int put_reserved(const struct options *o, json_t *list, struct err *err)
{
	const char *text;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (text = options_next(o, "aux-address", &cursor))) {
		cleanup_free char *name = strndup(text, strcspn(text, "="));
		const char *address = strchr(text, '=');
		json_t *item, *all;
		struct ip ip;

		if (!name)
			return err_nomem(err);
		if (!address || !*name || ip_parse(address + 1, &ip) < 0)
			return bad_value("aux-address", text, "NAME=ADDRESS", err);
		item = find_subnet(list, &ip);
		if (!item)
			return no_subnet("aux-address", address + 1, err);
		all = json_object_get(item, "AuxiliaryAddresses");
		if (!all) {
			all = json_object();
			r = create_put(item, "AuxiliaryAddresses", all, err);
		}
		if (r == 0)
			r = create_put(all, name, json_string(address + 1), err);
	}
	return r;
}

static int put_ipam(const struct options *o, json_t *body, struct err *err)
{
	json_t *list = json_array(), *ipam = json_object();
	int r = create_put(body, "IPAM", ipam, err);

	if (r < 0) {
		json_decref(list);
		return r;
	}
	r = create_put(ipam, "Config", list, err);
	if (r == 0)
		r = add_subnets(o, list, err);
	if (r == 0)
		r = put_gateways(o, list, err);
	if (r == 0)
		r = put_ranges(o, list, err);
	return r == 0 ? put_reserved(o, list, err) : r;
}

/* The rules go as one option of the network, which docker's clients can write as well. */
static int put_egress(const struct options *o, json_t *driver_options, struct err *err)
{
	cleanup(buf_reset) struct buf rules = BUF_INIT;
	const char *text;
	size_t cursor = 0;

	while ((text = options_next(o, "egress", &cursor)))
		if (buf_addf(&rules, "%s%s", rules.len ? "," : "", text) < 0)
			return err_nomem(err);
	return rules.len ? create_put(driver_options, "moat.egress", json_string(rules.data), err)
			 : 0;
}

static int put_flags(const struct options *o, json_t *body, struct err *err)
{
	static const struct create_text flags[] = { { "internal", "Internal" },
						    { "ipv6", "EnableIPv6" },
						    { "attachable", "Attachable" } };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags) && r == 0; i++)
		if (options_flag(o, flags[i].option))
			r = create_put(body, flags[i].key, json_true(), err);
	return r;
}

static int make_body(const struct options *o, json_t *body, struct err *err)
{
	const char *driver = options_value(o, "driver");
	json_t *labels = json_object(), *driver_options = json_object();
	int r = create_put(body, "Labels", labels, err),
	    s = create_put(body, "Options", driver_options, err);

	if (r == 0 && s == 0)
		r = create_put(body, "Name", json_string(o->args[0]), err);
	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	if (driver)
		r = create_put(body, "Driver", json_string(driver), err);
	if (r == 0)
		r = put_flags(o, body, err);
	if (r == 0)
		r = put_ipam(o, body, err);
	if (r == 0)
		r = create_put_pairs(o, "label", labels, err);
	if (r == 0)
		r = create_put_pairs(o, "opt", driver_options, err);
	return r == 0 ? put_egress(o, driver_options, err) : r;
}

int command_network_create(struct cli *c, struct err *err)
{
	cleanup_json json_t *body = json_object(), *answer = NULL;
	int r = body ? make_body(&c->opt, body, err) : err_nomem(err);

	if (r == 0)
		r = cli_request(c, "POST", NETWORKS "/create", body, &answer, err);
	if (r < 0)
		return r;
	if (*cli_str(answer, "Warning"))
		fprintf(stderr, "WARNING: %s\n", cli_str(answer, "Warning"));
	puts(cli_str(answer, "Id"));
	return 0;
}

static int rm_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "networks", name, NULL, err);

	if (r == 0)
		r = cli_request(c, "DELETE", path.data, NULL, NULL, err);
	return r == -ENOENT && options_flag(&c->opt, "force") ? 0 : r;
}

int command_network_rm(struct cli *c, struct err *err)
{
	return cli_each(c, rm_one, true, err);
}

/* Describes the endpoint from connect's options, which are those of run's --network. */
static int make_endpoint(const struct options *o, json_t **ret, struct err *err)
{
	static const struct {
		const char *option, *key;
	} options[] = { { "ip", "ip" },
			{ "ip6", "ip6" },
			{ "mac-address", "mac-address" },
			{ "alias", "alias" },
			{ "driver-opt", "driver-opt" },
			{ "gw-priority", "gw-priority" } };
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_free char *name = NULL;
	int r = buf_adds(&text, "name=x");

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *value;
		size_t cursor = 0;

		while (r == 0 && (value = options_next(o, options[i].option, &cursor)))
			r = buf_addf(&text, ",%s=%s", options[i].key, value);
	}
	return r < 0 ? err_nomem(err) : create_network(text.data, &name, ret, err);
}

int command_network_connect(struct cli *c, struct err *err)
{
	static const struct create_text links[] = { { "link", "Links" }, { 0 } };
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *body = NULL, *endpoint = NULL;
	int r = make_endpoint(&c->opt, &endpoint, err);

	if (r == 0)
		r = create_put_lists(&c->opt, links, endpoint, err);
	if (r == 0) {
		body = json_pack("{s:s, s:O}", "Container", c->opt.args[1], "EndpointConfig",
				 endpoint);
		r = body ? cli_path(&path, "networks", c->opt.args[0], "connect", err)
			 : err_nomem(err);
	}
	if (r == 0)
		r = cli_request(c, "POST", path.data, body, NULL, err);
	return r;
}

int command_network_disconnect(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *body = json_pack("{s:s, s:b}", "Container", c->opt.args[1], "Force",
					      options_flag(&c->opt, "force"));
	int r = body ? cli_path(&path, "networks", c->opt.args[0], "disconnect", err)
		     : err_nomem(err);

	if (r == 0)
		r = cli_request(c, "POST", path.data, body, NULL, err);
	return r;
}

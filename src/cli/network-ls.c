/* SPDX-License-Identifier: Apache-2.0 */
/* moat network ls */

#include "base/json-object.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/labels.h"
#include "cli/format/listing.h"

static json_t *subnets_text(const json_t *item)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	const json_t *ipam = json_object_get(item, "IPAM"), *subnet;
	size_t i;

	json_array_foreach (json_object_get(ipam, "Config"), i, subnet) {
		if (buf_addf(&b, "%s%s", i ? ", " : "", cli_str(subnet, "Subnet")) < 0)
			return NULL;
	}
	return json_string(b.data ? b.data : "");
}

static const char *flag_text(const json_t *item, const char *key)
{
	return json_is_true(json_object_get(item, key)) ? "true" : "false";
}

static json_t *make_row(const json_t *item, bool full)
{
	char id[FORMAT_MAX];

	format_short_id(cli_str(item, "Id"), id);
	return JSON_OBJECT(member_text("CreatedAt", cli_str(item, "Created")),
			   member_text("Driver", cli_str(item, "Driver")),
			   member_text("ID", full ? cli_str(item, "Id") : id),
			   member_text("IPv4", flag_text(item, "EnableIPv4")),
			   member_text("IPv6", flag_text(item, "EnableIPv6")),
			   member_text("Internal", flag_text(item, "Internal")),
			   member_json("Labels", labels_text(json_object_get(item, "Labels"))),
			   member_text("Name", cli_str(item, "Name")),
			   member_text("Scope", cli_str(item, "Scope")),
			   member_json("Subnets", subnets_text(item)));
}

static const struct listing_kind network_kind = {
	.fields = (const struct listing_field[]){ { "ID", "NETWORK ID", true },
						  { "Name", "NAME", true },
						  { "Driver", "DRIVER", true },
						  { "Scope", "SCOPE", true },
						  { "Subnets", "SUBNETS", true },
						  { "CreatedAt", "CREATED AT", false },
						  { "IPv4", "IPV4", false },
						  { "IPv6", "IPV6", false },
						  { "Internal", "INTERNAL", false },
						  { "Labels", "LABELS", false },
						  { 0 } },
	.id = "ID",
	.row = make_row,
};

int command_network_ls(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = buf_adds(&path, API_BASE "/networks") < 0 ? err_nomem(err) : 0;

	if (r == 0)
		r = cli_filters(c, &path, err);
	return r < 0 ? r : listing_command(c, &network_kind, path.data, NULL, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* moat registry ls */
#include "base/json-object.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/listing.h"
#include "secret/registries.h"

static const struct listing_kind login_kind = {
	.fields = (const struct listing_field[]){ { "Registry", "REGISTRY", true },
						  { "Username", "USERNAME", true },
						  { "Store", "STORE", true },
						  { 0 } },
	.id = "Registry",
};

static json_t *login_row(const json_t *item)
{
	return JSON_OBJECT(member_text("Registry", cli_str(item, "registry")),
			   member_text("Username", cli_str(item, "username")),
			   member_text("Store", cli_str(item, "store")));
}

int command_registry_ls(struct cli *c, struct err *err)
{
	cleanup_listing struct listing *list = NULL;
	cleanup_json json_t *known = NULL;
	const json_t *item;
	size_t i;
	int r = listing_new(c, &login_kind, &list, err);

	if (r == 0)
		r = registries_known(&known, err);
	if (r == 0)
		json_array_foreach (known, i, item) {
			r = listing_add(list, login_row(item), NULL, err);
			if (r < 0)
				break;
		}
	if (r == 0)
		r = listing_print(list, err);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The networks there are: containers have a loopback and nothing else, which docker calls none.
 * Volumes and plugins there are none of. */
#include <errno.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/filter.h"

static const struct {
	const char *name, *driver;
} networks[] = { { "none", "null" } };

static json_t *describe_network(struct api *api, size_t i)
{
	char created[CLOCK_TEXT_MAX];

	clock_format(api->started_nsec, created);
	return JSON_OBJECT(
		member_text("Name", networks[i].name), member_text("Id", networks[i].name),
		member_text("Created", created), member_text("Scope", "local"),
		member_text("Driver", networks[i].driver), member_bool("EnableIPv6", false),
		member_json("IPAM", JSON_OBJECT(member_text("Driver", "default"),
						member_json("Options", json_object()),
						member_json("Config", json_array()))),
		member_bool("Internal", false), member_bool("Attachable", false),
		member_bool("Ingress", false), member_json("Containers", json_object()),
		member_json("Options", json_object()), member_json("Labels", json_object()));
}

static bool contains(const char *value, const void *arg)
{
	return strstr(arg, value) != NULL;
}

static bool is_wanted(const struct filters *f, size_t i)
{
	return filters_any(f, "name", contains, networks[i].name) &&
	       filters_any(f, "id", contains, networks[i].name) &&
	       filters_exact(f, "driver", networks[i].driver) &&
	       filters_exact(f, "scope", "local") && filters_exact(f, "type", "builtin") &&
	       filters_exact(f, "dangling", "false") && filters_labels(f, NULL);
}

int api_network_list(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "name", "id",	   "driver", "scope",
					       "type", "dangling", "label",  NULL };
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *list = json_array();
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (!list || (is_wanted(&f, i) &&
			      json_array_append_new(list, describe_network(rq->api, i)) < 0))
			return err_nomem(err);
	return reply_json(rp, 200, take_ptr(list), err);
}

int api_network_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (streq(networks[i].name, rq->target))
			return reply_json(rp, 200, describe_network(rq->api, i), err);
	return err_set(err, -ENOENT, "network %s not found", rq->target);
}

int api_volume_list(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	return reply_json(rp, 200, json_pack("{s:[], s:[]}", "Volumes", "Warnings"), err);
}

int api_volume_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rp;
	return err_set(err, -ENOENT, "get %s: no such volume", rq->target);
}

int api_plugin_list(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "capability", "enabled", NULL };
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	return r < 0 ? r : reply_json(rp, 200, json_array(), err);
}

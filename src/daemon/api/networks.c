/* SPDX-License-Identifier: Apache-2.0 */
/* The networks every docker client expects to be there.  moat has no others yet. */
#include <errno.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/api/api.h"

static const struct {
	const char *name, *driver;
} networks[] = { { "bridge", "bridge" }, { "host", "host" }, { "none", "null" } };

static json_t *describe(struct daemon *d, size_t i)
{
	char created[CLOCK_TEXT_MAX];

	clock_format(d->started_nsec, created);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:{s:s, s:{}, s:[]}, s:b, s:b, s:b, s:{},"
			 " s:{}, s:{}}",
			 "Name", networks[i].name, "Id", networks[i].name, "Created", created,
			 "Scope", "local", "Driver", networks[i].driver, "EnableIPv6", 0, "IPAM",
			 "Driver", "default", "Options", "Config", "Internal", 0, "Attachable", 0,
			 "Ingress", 0, "Containers", "Options", "Labels");
}

int api_network_list(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *list = json_array();

	(void)err;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (!list || json_array_append_new(list, describe(rq->daemon, i)) < 0)
			return -ENOMEM;
	return reply_json(rp, 200, take_ptr(list));
}

int api_network_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (streq(networks[i].name, rq->target))
			return reply_json(rp, 200, describe(rq->daemon, i));
	return err_set(err, -ENOENT, "network %s not found", rq->target);
}

int api_volume_list(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	(void)err;
	return reply_json(rp, 200, json_pack("{s:[], s:[]}", "Volumes", "Warnings"));
}

int api_volume_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rp;
	return err_set(err, -ENOENT, "get %s: no such volume", rq->target);
}

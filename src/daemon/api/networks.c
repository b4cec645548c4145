/* SPDX-License-Identifier: Apache-2.0 */
/* Networks, and containers that join and leave them.  There are no plugins. */
#include <errno.h>

#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/networking.h"
#include "daemon/container/table.h"
#include "daemon/http/filter.h"
#include "daemon/network/describe.h"
#include "daemon/network/network-view.h"

static bool text_contains(const char *value, const void *arg)
{
	return strstr(arg, value) != NULL;
}

static bool id_begins(const char *value, const void *arg)
{
	return str_starts(arg, value) != NULL;
}

/* Does a network have this name?  The default network has one more, docker's. */
static bool name_fits(const char *value, const void *arg)
{
	return text_contains(value, arg) ||
	       (streq(arg, NETWORK_DEFAULT) && text_contains(value, NETWORK_BRIDGE));
}

static bool is_builtin(const struct network_view *v)
{
	return streq(v->rec.name, NETWORK_DEFAULT) || network_is_none(&v->rec);
}

/* Does nobody use the network?  docker calls that dangling. */
static bool is_dangling(const struct network_view *v)
{
	return !is_builtin(v) && v->users == 0;
}

static bool dangling_fits(const struct filters *f, const struct network_view *v)
{
	return filters_count(f, "dangling") == 0 ||
	       filters_true(filters_value(f, "dangling", 0)) == is_dangling(v);
}

static bool is_wanted(const struct filters *f, const struct network_view *v)
{
	return filters_any(f, "name", name_fits, v->rec.name) &&
	       filters_any(f, "id", id_begins, v->rec.id) &&
	       filters_exact(f, "driver", v->rec.driver) && filters_exact(f, "scope", "local") &&
	       filters_exact(f, "type", is_builtin(v) ? "builtin" : "custom") &&
	       dangling_fits(f, v) && filters_labels(f, v->config.labels);
}

static int check_type(const struct filters *f, struct err *err)
{
	for (size_t i = 0; i < filters_count(f, "type"); i++) {
		const char *type = filters_value(f, "type", i);

		if (!streq(type, "builtin") && !streq(type, "custom"))
			return err_set(err, -EINVAL, "invalid filter: 'type'='%s'", type);
	}
	return 0;
}

const char *api_default_network(const struct request *rq)
{
	return rq->from_moat ? NETWORK_DEFAULT : NETWORK_BRIDGE;
}

const char *api_network_mode(const struct request *rq, const char *mode)
{
	return streq(mode, NETWORK_DEFAULT) || streq(mode, NETWORK_BRIDGE) ? api_default_network(rq)
									   : mode;
}

json_t *api_container_networks(const struct request *rq, const struct container *c)
{
	struct networks *nets = c->table->networks;

	return streq(c->network_mode, NETWORK_NONE)
		       ? member_describe_none(nets)
		       : member_describe(nets, c->rec.id, api_default_network(rq));
}

int api_network_list(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "name", "id",	   "driver", "scope",
					       "type", "dangling", "label",  NULL };
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *list = json_array();
	struct network_view *views;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = check_type(&f, err);
	if (r < 0)
		return r;
	if (!list || network_views(rq->api->networks, &views, &n) < 0)
		return err_nomem(err);
	for (size_t i = 0; i < n && r == 0; i++)
		if (is_wanted(&f, &views[i]))
			r = json_array_append_new(list, network_describe(&views[i],
									 api_default_network(rq),
									 json_object(), NULL));
	network_views_free(views, n);
	return r < 0 ? err_nomem(err) : reply_json(rp, 200, take_ptr(list), err);
}

int api_network_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(network_view_reset) struct network_view v = { 0 };
	json_t *containers, *refused;
	int r = network_view(rq->api->networks, rq->target, &v, err);

	if (r < 0)
		return r;
	containers = network_containers(rq->api->networks, v.rec.name);
	if (!containers)
		return err_nomem(err);
	refused = network_refused(rq->api->networks, &v);
	return reply_json(rp, 200,
			  network_describe(&v, api_default_network(rq), containers, refused), err);
}

/* Joins warnings, as docker's answer has room for one. */
static json_t *join_warnings(char *const *warnings)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = buf_adds(&b, "");

	for (char *const *w = warnings; r == 0 && w && *w; w++)
		r = buf_addf(&b, "%s%s", w == warnings ? "" : "; ", *w);
	return r == 0 ? json_string(b.data) : NULL;
}

int api_network_create(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	cleanup_strv char **warnings = NULL;
	char id[ID_LEN + 1];
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = network_create(rq->api->networks, body, id, &warnings, err);
	if (r < 0)
		return r;
	return reply_json(
		rp, 201,
		JSON_OBJECT(member_text("Id", id), member_json("Warning", join_warnings(warnings))),
		err);
}

int api_network_remove(struct request *rq, struct reply *rp, struct err *err)
{
	int r = network_remove(rq->api->networks, rq->target, err);

	return r < 0 ? r : reply_empty(rp, 204);
}

int api_network_prune(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "until", "label", "label!", NULL };
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *removed = json_array();
	struct networks *nets = rq->api->networks;
	struct network_view *views;
	int64_t until;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = filters_until(&f, &until, err);
	if (r < 0)
		return r;
	if (!removed || network_views(nets, &views, &n) < 0)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct network_view *v = &views[i];

		if (is_dangling(v) && v->rec.created_nsec < until &&
		    filters_labels(&f, v->config.labels) &&
		    network_prune(nets, v->rec.name, NULL) == 0)
			json_array_append_new(removed, json_string(v->rec.name));
	}
	network_views_free(views, n);
	hub_publish(rq->api->hub, "network", "prune", "", json_pack("{s:s}", "reclaimed", "0"));
	return reply_json(rp, 200, json_pack("{s:O}", "NetworksDeleted", removed), err);
}

/* Finds the container in a request that names a network, too.  @ret: a reference. */
static int find_container(const struct request *rq, const json_t *body, struct container **ret,
			  struct err *err)
{
	const char *name;
	int r = json_get_str(body, "Container", &name, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return err_set(err, -EINVAL, "no container specified");
	return containers_find(rq->api->containers, name, ret, err);
}

int api_network_connect(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	cleanup_container struct container *c = NULL;
	json_t *endpoint;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = json_get_object(body, "EndpointConfig", &endpoint, err);
	if (r == 0)
		r = find_container(rq, body, &c, err);
	if (r == 0)
		r = container_connect(c, rq->target, endpoint, err);
	return r < 0 ? r : reply_empty(rp, 200);
}

int api_network_disconnect(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	cleanup_container struct container *c = NULL;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = find_container(rq, body, &c, err);
	if (r == 0)
		r = container_disconnect(c, rq->target, err);
	return r < 0 ? r : reply_empty(rp, 200);
}

int api_plugin_list(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "capability", "enabled", NULL };
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	return r < 0 ? r : reply_json(rp, 200, json_array(), err);
}

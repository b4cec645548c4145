/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/api/human.h"
#include "daemon/api/ports.h"
#include "daemon/container/name.h"
#include "daemon/container/table.h"
#include "daemon/container/view.h"
#include "daemon/http/filter.h"
#include "daemon/network/describe.h"

struct listing {
	const struct request *rq;
	struct filters filters;
	struct pattern *names; /* NULL: every name */
	bool all, size;
	uint64_t limit;
	/* Creation times of the containers that "before" and "since" name. */
	int64_t before_nsec, since_nsec;
};

static void status_text(const struct container_view *v, char *ret, size_t size)
{
	int64_t now = clock_now_nsec() / (int64_t)NSEC_PER_SEC;
	char ago[64];

	if (view_is_shown(v, STATE(CREATED))) {
		snprintf(ret, size, "Created");
	} else if (view_is_shown(v, STATES_RUNNING)) {
		human_duration(now - v->rec.started_nsec / (int64_t)NSEC_PER_SEC, ago, sizeof(ago));
		snprintf(ret, size, "Up %s%s", ago,
			 view_is_shown(v, STATE(PAUSED)) ? " (Paused)" : health_text(&v->health));
	} else {
		human_duration(now - v->rec.finished_nsec / (int64_t)NSEC_PER_SEC, ago,
			       sizeof(ago));
		snprintf(ret, size, "%s (%d) %s ago",
			 view_is_shown(v, STATE(WAITING)) ? "Restarting" : "Exited",
			 v->rec.exit_code, ago);
	}
}

/* The command as one line, as docker shows it. */
static json_t *command_text(const struct container *c)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	for (char *const *a = c->args; a && *a; a++) {
		bool quote = strpbrk(*a, " \t\n") || !**a;

		if (buf_addf(&b, quote ? "%s'%s'" : "%s%s", a == c->args ? "" : " ", *a) < 0)
			return NULL;
	}
	return json_stringn(b.data ? b.data : "", b.len);
}

static json_t *describe_container(const struct request *rq, const struct container_view *v)
{
	const struct record *rec = &v->rec;
	char status[128];

	status_text(v, status, sizeof(status));
	return JSON_OBJECT(
		member_text("Id", rec->id),
		member_json("Names", json_pack("[o]", json_sprintf("/%s", rec->name))),
		member_text("Image", rec->image), member_text("ImageID", rec->config.text),
		member_json("Command", command_text(v->c)),
		member_int("Created", (json_int_t)(rec->created_nsec / (int64_t)NSEC_PER_SEC)),
		member_json("Ports", api_ports_list(v)),
		member_json("Labels", json_incref(v->c->labels)),
		member_text("State", view_status(v)), member_text("Status", status),
		member_json("HostConfig",
			    JSON_OBJECT(member_text("NetworkMode",
						    api_network_mode(rq, v->c->network_mode)))),
		member_json("NetworkSettings",
			    JSON_OBJECT(member_json("Networks", api_container_networks(rq, v->c)))),
		member_json("Mounts", api_mounts_describe(rq->api, v->c)));
}

static bool id_begins_with(const char *value, const void *arg)
{
	return str_starts(arg, value) != NULL;
}

static bool image_fits(const char *value, const void *arg)
{
	const struct record *rec = arg;
	cleanup_reference struct reference *want = NULL, *have = NULL;
	cleanup_free char *want_full = NULL, *have_full = NULL;
	const char *hex = str_starts(value, "sha256:");

	if (streq(value, rec->image) || (strlen(hex ? hex : value) >= 4 &&
					 str_starts(digest_hex(&rec->config), hex ? hex : value)))
		return true;
	if (reference_parse(value, &want, NULL) < 0 || reference_parse(rec->image, &have, NULL) < 0)
		return false;
	want_full = reference_full(want);
	have_full = reference_full(have);
	return want_full && have_full && streq(want_full, have_full);
}

static bool exit_code_is(const char *value, const void *arg)
{
	const struct container_view *v = arg;
	uint32_t code;

	return view_is_shown(v, STATE(EXITED) | STATE(WAITING)) && str_to_u32(value, &code) == 0 &&
	       v->rec.exit_code == (int)code;
}

static bool network_fits(const char *value, const void *arg)
{
	const struct container *c = arg;

	return streq(c->network_mode, NETWORK_NONE)
		       ? streq(value, NETWORK_NONE)
		       : member_is_on(c->table->networks, c->rec.id, value);
}

/* The filter "name" fits with or without the slash, as in docker. */
static bool name_fits(const struct listing *l, const struct container_view *v)
{
	char name[1 + NAME_MAX_LEN + 1];

	if (!l->names)
		return true;
	snprintf(name, sizeof(name), "/%s", v->rec.name);
	return pattern_fits(l->names, name + 1) || pattern_fits(l->names, name);
}

/* The filter "volume" takes a volume's name, or where it is mounted. */
static bool mounts_it(const char *value, const void *arg)
{
	const struct container *c = arg;

	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_point *p = &c->mounts.list[i];

		if (streq(p->destination, value) ||
		    (p->type == MOUNT_VOLUME && streq(p->source, value)))
			return true;
	}
	return false;
}

static bool container_is_wanted(const struct listing *l, const struct container_view *v)
{
	const struct filters *f = &l->filters;

	if (!l->all && !view_is_shown(v, STATES_RUNNING | STATE(WAITING)) &&
	    filters_count(f, "status") == 0 && filters_count(f, "exited") == 0)
		return false;
	return v->rec.created_nsec < l->before_nsec && v->rec.created_nsec > l->since_nsec &&
	       filters_any(f, "id", id_begins_with, v->rec.id) &&
	       filters_exact(f, "status", view_status(v)) &&
	       filters_exact(f, "health", health_name(&v->health)) &&
	       filters_any(f, "network", network_fits, v->c) &&
	       filters_exact(f, "is-task", "false") && filters_any(f, "volume", mounts_it, v->c) &&
	       api_ports_fit(f, v) && filters_any(f, "exited", exit_code_is, v) &&
	       filters_any(f, "ancestor", image_fits, &v->rec) && filters_labels(f, v->c->labels) &&
	       name_fits(l, v);
}

/* SizeRootFs is the image's size and the layer's together, as in docker. */
void api_container_add_sizes(struct api *api, const struct container *c, json_t *item)
{
	cleanup_free char *rootfs = store_rootfs_path(api->store, &c->rec.manifest);
	int64_t layer = api_container_layer_bytes(api, c);
	struct stat sb = { 0 };

	/* Every image's file has the same length; its blocks count. */
	if (rootfs && stat(rootfs, &sb) < 0)
		sb.st_blocks = 0;
	json_object_set_new(item, "SizeRw", json_integer(layer));
	json_object_set_new(item, "SizeRootFs", json_integer(layer + sb.st_blocks * 512));
}

static int creation_of_container(struct listing *l, const char *key, int64_t *ret, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r;

	if (filters_count(&l->filters, key) == 0)
		return 0;
	r = containers_find(l->rq->api->containers, filters_value(&l->filters, key, 0), &c, err);
	if (r == 0)
		*ret = c->rec.created_nsec;
	return r;
}

static int check_status(const struct filters *f, struct err *err)
{
	static const char *const known[] = { "created", "restarting", "running", "removing",
					     "paused",	"exited",     "dead" };

	for (size_t i = 0; i < filters_count(f, "status"); i++) {
		const char *value = filters_value(f, "status", i);

		if (!STR_FIND(known, value))
			return err_set(err, -EINVAL, "invalid filter 'status=%s'", value);
	}
	return 0;
}

static int read_listing(const struct request *rq, struct listing *l, struct err *err)
{
	static const char *const allowed[] = { "id",	 "name",    "status", "label",	 "ancestor",
					       "exited", "before",  "since",  "health",	 "network",
					       "volume", "publish", "expose", "is-task", NULL };
	const char *limit = request_arg(rq, "limit");
	int r = filters_parse(request_arg(rq, "filters"), allowed, &l->filters, err);

	if (r == 0)
		r = check_status(&l->filters, err);
	if (r == 0)
		r = api_ports_check_filter(&l->filters, "publish", err);
	if (r == 0)
		r = api_ports_check_filter(&l->filters, "expose", err);
	if (r == 0)
		r = filters_pattern(&l->filters, "name", &l->names, err);
	if (r == 0)
		r = creation_of_container(l, "before", &l->before_nsec, err);
	if (r == 0)
		r = creation_of_container(l, "since", &l->since_nsec, err);
	if (r < 0)
		return r;
	l->all = request_flag(rq, "all", false);
	l->size = request_flag(rq, "size", false);
	l->limit = UINT64_MAX;
	/* As in docker, a limit also shows containers that do not run; 0 and -1 are no limit. */
	if (limit && str_to_u64(limit, &l->limit) == 0 && l->limit > 0)
		l->all = true;
	else
		l->limit = UINT64_MAX;
	return 0;
}

static int list_containers(struct listing *l, json_t **ret, struct err *err)
{
	cleanup_json json_t *out = json_array();
	struct container_view *all;
	size_t n;
	int r = 0;

	if (!out || container_views(l->rq->api->containers, &all, &n) < 0)
		return err_nomem(err);
	for (size_t i = 0; i < n && r == 0 && json_array_size(out) < l->limit; i++) {
		json_t *item;

		if (!container_is_wanted(l, &all[i]))
			continue;
		item = describe_container(l->rq, &all[i]);
		if (item && l->size)
			api_container_add_sizes(l->rq->api, all[i].c, item);
		if (json_array_append_new(out, item) < 0)
			r = err_nomem(err);
	}
	container_views_free(all, n);
	if (r == 0)
		*ret = take_ptr(out);
	return r;
}

int api_container_list_all(const struct request *rq, json_t **ret, struct err *err)
{
	struct listing l = { .rq = rq,
			     .all = true,
			     .size = true,
			     .limit = UINT64_MAX,
			     .before_nsec = INT64_MAX,
			     .since_nsec = INT64_MIN };

	return list_containers(&l, ret, err);
}

int api_container_list(struct request *rq, struct reply *rp, struct err *err)
{
	struct listing l = { .rq = rq, .before_nsec = INT64_MAX, .since_nsec = INT64_MIN };
	json_t *out = NULL;
	int r = read_listing(rq, &l, err);

	if (r == 0)
		r = list_containers(&l, &out, err);
	filters_reset(&l.filters);
	pattern_free(l.names);
	return r < 0 ? r : reply_json(rp, 200, out, err);
}

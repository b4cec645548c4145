/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/table.h"
#include "daemon/container/view.h"
#include "daemon/http/filter.h"
#include "daemon/volume/life.h"
#include "daemon/volume/usage.h"

#define SHORT_ID_LEN 12

static json_t *describe_volume(const struct volume_view *v, json_t *usage)
{
	char created[CLOCK_TEXT_MAX];

	clock_format(v->created_nsec, created);
	return JSON_OBJECT(member_text("CreatedAt", created), member_text("Driver", "local"),
			   member_json("Labels", json_incref(v->labels)),
			   member_text("Mountpoint", v->path), member_text("Name", v->name),
			   member_json("Options", json_incref(v->options)),
			   member_text("Scope", "local"), member_optional("UsageData", usage));
}

/* The parts of a request that are read once for all volumes. */
struct volume_filter {
	struct filters filters;
	struct pattern *names; /* NULL: every name */
};

static void volume_filter_reset(struct volume_filter *f)
{
	filters_reset(&f->filters);
	pattern_free(f->names);
}

static int read_filter(const struct request *rq, const char *const *allowed,
		       struct volume_filter *ret, struct err *err)
{
	int r = filters_parse(request_arg(rq, "filters"), allowed, &ret->filters, err);

	return r == 0 ? filters_pattern(&ret->filters, "name", &ret->names, err) : r;
}

static bool is_dangling_as(const char *value, const void *arg)
{
	const struct volume_view *v = arg;

	return filters_true(value) == (strv_len(v->users) == 0);
}

static bool volume_is_wanted(const struct volume_filter *f, const struct volume_view *v)
{
	return filters_exact(&f->filters, "driver", "local") &&
	       filters_any(&f->filters, "dangling", is_dangling_as, v) &&
	       filters_labels(&f->filters, v->labels) &&
	       (!f->names || pattern_fits(f->names, v->name));
}

static int list_wanted(struct api *api, const struct volume_filter *f, json_t *out, struct err *err)
{
	struct volume_view *list;
	size_t n;
	int r = volumes_list(api->volumes, &list, &n);

	if (r < 0)
		return err_nomem(err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (volume_is_wanted(f, &list[i]) &&
		    json_array_append_new(out, describe_volume(&list[i], NULL)) < 0)
			r = err_nomem(err);
	volumes_list_free(list, n);
	return r;
}

int api_volume_list(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = {
		"dangling", "driver", "label", "label!", "name", NULL
	};
	cleanup(volume_filter_reset) struct volume_filter f = { 0 };
	cleanup_json json_t *list = json_array();
	int r = list ? read_filter(rq, allowed, &f, err) : err_nomem(err);

	if (r == 0)
		r = list_wanted(rq->api, &f, list, err);
	return r < 0 ? r
		     : reply_json(rp, 200, json_pack("{s:O, s:[]}", "Volumes", list, "Warnings"),
				  err);
}

int api_volume_list_usage(struct api *api, json_t *out)
{
	struct volume_view *list;
	size_t n;
	int r = volumes_list(api->volumes, &list, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++) {
		json_t *usage =
			JSON_OBJECT(member_int("RefCount", (int64_t)strv_len(list[i].users)),
				    member_int("Size", volume_usage(&list[i])));

		if (json_array_append_new(out, describe_volume(&list[i], usage)) < 0)
			r = -ENOMEM;
	}
	volumes_list_free(list, n);
	return r;
}

int api_volume_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	int r = volumes_find(rq->api->volumes, rq->target, &v, err);

	return r < 0 ? r : reply_json(rp, 200, describe_volume(&v, NULL), err);
}

/* @arg: struct api */
static char *volume_path(const char *name, void *arg)
{
	struct api *api = arg;
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	int r = volumes_find(api->volumes, name, &v, NULL);

	/* Where a missing volume was is still known. */
	return r == 0	      ? take_ptr(v.path)
	       : r == -ENOENT ? str_printf("%s/volumes/%s/_data", api->root, name)
			      : NULL;
}

json_t *api_mounts_describe(struct api *api, const struct container *c)
{
	return mount_points_describe(&c->mounts, volume_path, api);
}

static int check_texts(const json_t *map, const char *key, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)map, name, value) {
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "\"%s\" of \"%s\" must be a string", name,
				       key);
	}
	return 0;
}

static int read_request(const json_t *body, struct volume_request *ret, struct err *err)
{
	const char *driver;
	int r = json_get_str(body, "Name", &ret->name, err);

	if (r == 0)
		r = json_get_str(body, "Driver", &driver, err);
	if (r == 0 && driver && *driver && !streq(driver, "local"))
		r = err_set(err, -ENOENT,
			    "error looking up volume plugin %s: plugin \"%s\" not found", driver,
			    driver);
	if (r == 0)
		r = json_get_object(body, "Labels", &ret->labels, err);
	if (r == 0)
		r = check_texts(ret->labels, "Labels", err);
	if (r == 0)
		r = json_get_object(body, "DriverOpts", &ret->options, err);
	return r == 0 ? check_texts(ret->options, "DriverOpts", err) : r;
}

int api_volume_create(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	cleanup_json json_t *body = NULL;
	struct volume_request wanted = { 0 };
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = read_request(body, &wanted, err);
	if (r == 0 && json_object_size(json_object_get(body, "ClusterVolumeSpec")) > 0)
		r = err_set(err, -EOPNOTSUPP, "moat does not support volumes of a cluster");
	if (r == 0)
		r = volumes_create(rq->api->volumes, &wanted, &v, err);
	return r < 0 ? r : reply_json(rp, 201, describe_volume(&v, NULL), err);
}

/* Names the users of a volume; ids of those that have gone meanwhile stay ids. */
static int name_users(struct api *api, char *const *ids, struct buf *ret)
{
	int r = 0;

	for (; r == 0 && *ids; ids++) {
		cleanup(container_view_reset) struct container_view v = { 0 };
		const char *comma = ret->len > 0 ? ", " : "";
		struct container *c = NULL;

		if (containers_find(api->containers, *ids, &c, NULL) < 0) {
			r = buf_addf(ret, "%s%.*s", comma, SHORT_ID_LEN, *ids);
			continue;
		}
		r = container_view(c, &v);
		container_unref(c);
		if (r == 0)
			r = buf_addf(ret, "%s%s (%.*s)", comma, v.rec.name, SHORT_ID_LEN, *ids);
	}
	return r;
}

static int volume_in_use(struct api *api, const char *name, char *const *users, struct err *err)
{
	cleanup(buf_reset) struct buf names = BUF_INIT;

	if (name_users(api, users, &names) < 0)
		return err_nomem(err);
	return err_set(err, -EBUSY, "remove %s: volume is in use - [%s]", name, names.data);
}

int api_volume_remove(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **users = NULL;
	int r = volumes_remove(rq->api->volumes, rq->target, &users, err);

	if (r == -EBUSY && users)
		return volume_in_use(rq->api, rq->target, users, err);
	if (r == -ENOENT && request_flag(rq, "force", false))
		r = 0;
	return r < 0 ? r : reply_empty(rp, 204);
}

/* Does a pruning mean all unused volumes?  Before API 1.42 it did; since then only those that
 * nobody named, unless "all" is said. */
static bool means_all(const struct request *rq, const struct filters *f)
{
	return rq->api_minor < 42 ||
	       (filters_count(f, "all") > 0 && filters_true(filters_value(f, "all", 0)));
}

/* @freed: bytes are added to it */
static int prune_wanted(struct request *rq, const struct volume_filter *f, json_t *deleted,
			int64_t *freed)
{
	struct volumes *vs = rq->api->volumes;
	struct volume_view *list;
	size_t n;

	if (volumes_list(vs, &list, &n) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		cleanup_strv char **users = NULL;
		int64_t bytes;

		if (strv_len(list[i].users) > 0 || !volume_is_wanted(f, &list[i]) ||
		    (!list[i].anonymous && !means_all(rq, &f->filters)))
			continue;
		bytes = volume_usage(&list[i]);
		if (volumes_remove(vs, list[i].name, &users, NULL) < 0)
			continue;
		*freed += bytes;
		json_array_append_new(deleted, json_string(list[i].name));
	}
	volumes_list_free(list, n);
	return 0;
}

int api_volume_prune(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "all", "label", "label!", NULL };
	cleanup(volume_filter_reset) struct volume_filter f = { 0 };
	cleanup_json json_t *deleted = json_array();
	int64_t freed = 0;
	int r = deleted ? read_filter(rq, allowed, &f, err) : err_nomem(err);

	if (r == 0 && prune_wanted(rq, &f, deleted, &freed) < 0)
		r = err_nomem(err);
	if (r < 0)
		return r;
	api_publish_pruned(rq->api, "volume", freed);
	return reply_json(rp, 200,
			  json_pack("{s:O, s:I}", "VolumesDeleted", deleted, "SpaceReclaimed",
				    (json_int_t)freed),
			  err);
}

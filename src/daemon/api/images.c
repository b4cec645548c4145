/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fnmatch.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/macro.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/view.h"
#include "daemon/http/filter.h"
#include "oci/config.h"

DEFINE_CLEANUP(struct image, image_free)
#define cleanup_image cleanup(image_free_cleanup_fn)

static int add_familiar(json_t *list, const char *full)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *name = NULL;

	if (reference_parse(full, &ref, NULL) == 0)
		name = reference_familiar(ref);
	return json_array_append_new(list, json_string(name ? name : full));
}

/* References as docker shows them: without docker.io and library/. */
static json_t *familiar_names(char *const *full)
{
	cleanup_json json_t *list = json_array();

	for (; list && full && *full; full++)
		if (add_familiar(list, *full) < 0)
			return NULL;
	return take_ptr(list);
}

/* Those of an image's names under which its signature was checked. */
static json_t *verified_names(const struct image *im)
{
	cleanup_json json_t *list = json_array();
	char *const *names[] = { im->tags, im->repo_digests };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (char *const *name = names[i]; list && name && *name; name++)
			if (image_is_verified(im, *name) && add_familiar(list, *name) < 0)
				return NULL;
	return take_ptr(list);
}

int64_t api_image_created_nsec(const struct image *im)
{
	int64_t nsec = 0;

	if (im->oci->created)
		(void)clock_parse(im->oci->created, &nsec);
	return nsec;
}

/* Shown for an image that does not say when it was made, as docker's clients expect. */
#define YEAR_ONE_SEC (-62135596800)

static json_int_t creation_seconds(const char *created)
{
	int64_t nsec;

	if (!created || clock_parse(created, &nsec) < 0)
		return YEAR_ONE_SEC;
	return nsec / (int64_t)NSEC_PER_SEC;
}

json_t *api_image_describe(const struct image *im)
{
	return JSON_OBJECT(member_text("Id", im->config.text), member_text("ParentId", ""),
			   member_json("RepoTags", familiar_names(im->tags)),
			   member_json("RepoDigests", familiar_names(im->repo_digests)),
			   member_int("Created", creation_seconds(im->oci->created)),
			   member_int("Size", (json_int_t)im->size_bytes),
			   member_int("VirtualSize", (json_int_t)im->size_bytes),
			   member_int("SharedSize", -1), member_ref("Labels", im->oci->labels),
			   member_int("Containers", -1),
			   member_json("Verified", verified_names(im)));
}

/* The signatures an image was pulled with: for which name, by which key, of which text. */
static json_t *describe_signatures(const struct image *im)
{
	cleanup_json json_t *list = json_array();

	for (char **one = im->verified; list && one && *one; one++) {
		cleanup_free char *copy = strdup(*one);
		char *rest = copy, *name = strsep(&rest, " "), *key = strsep(&rest, " ");

		if (!rest ||
		    json_array_append_new(
			    list, JSON_OBJECT(member_text("Name", name), member_text("Key", key),
					      streq(rest, "-") ? member_null("Signed")
							       : member_text("Signed", rest))) < 0)
			return NULL;
	}
	return take_ptr(list);
}

/* Does an image fit docker's reference filter, a pattern for the familiar name with or without tag
 * or digest? */
static bool name_fits(const char *pattern, const void *arg)
{
	cleanup_free char *name = strdup(arg);
	char *slash, *end;

	if (!name)
		return false;
	if (fnmatch(pattern, name, FNM_PATHNAME) == 0)
		return true;
	slash = strrchr(name, '/');
	end = strchr(name, '@');
	if (!end)
		end = strchr(slash ? slash : name, ':');
	if (!end)
		return false;
	*end = '\0';
	return fnmatch(pattern, name, FNM_PATHNAME) == 0;
}

/* Takes names that the filter does not ask for out of a list. */
static void keep_fitting(const struct filters *f, json_t *names)
{
	for (size_t i = json_array_size(names); i-- > 0;) {
		const char *name = json_string_value(json_array_get(names, i));

		if (!filters_any(f, "reference", name_fits, name))
			json_array_remove(names, i);
	}
}

/* Reduces an image's names to those that were asked for, as docker does.  Return: are there any? */
static bool reference_fits(const struct filters *f, json_t *description)
{
	json_t *tags = json_object_get(description, "RepoTags");
	json_t *digests = json_object_get(description, "RepoDigests");

	if (filters_count(f, "reference") == 0)
		return true;
	keep_fitting(f, tags);
	keep_fitting(f, digests);
	return json_array_size(tags) + json_array_size(digests) > 0;
}

static bool dangling_is(const char *value, const void *arg)
{
	const struct image *im = arg;
	bool dangling = strv_len(im->tags) == 0;

	return dangling == filters_true(value);
}

/* Images made between two times. */
struct period {
	int64_t from_nsec, to_nsec;
};

static int creation_of_image(struct api *api, const struct filters *f, const char *key,
			     int64_t *ret, struct err *err)
{
	cleanup_image struct image *im = NULL;
	int r = filters_count(f, key) > 0
			? store_find(api->store, filters_value(f, key, 0), &im, err)
			: 0;

	if (r == 0 && im)
		*ret = api_image_created_nsec(im);
	return r;
}

/* Reads the times that "until", "before" and "since" stand for. */
static int read_period(struct api *api, const struct filters *f, struct period *ret,
		       struct err *err)
{
	int64_t before = INT64_MAX;
	int r = filters_until(f, &ret->to_nsec, err);

	ret->from_nsec = INT64_MIN;
	if (r == 0)
		r = creation_of_image(api, f, "before", &before, err);
	if (before < ret->to_nsec)
		ret->to_nsec = before;
	return r < 0 ? r : creation_of_image(api, f, "since", &ret->from_nsec, err);
}

static bool image_is_wanted(const struct filters *f, const struct period *p, const struct image *im)
{
	int64_t created = api_image_created_nsec(im);

	return created > p->from_nsec && created < p->to_nsec &&
	       filters_any(f, "dangling", dangling_is, im) && filters_labels(f, im->oci->labels);
}

/* Adds to a list's item what only some requests ask for. */
static int complete_item(struct request *rq, const struct usage *u, const struct image *im,
			 json_t *item, struct err *err)
{
	if (request_flag(rq, "shared-size", false) &&
	    api_image_add_sizes(item, usage_of(u, &im->manifest)) < 0)
		return err_nomem(err);
	return request_flag(rq, "manifests", false)
		       ? api_image_add_manifests(rq->api, item, im, err)
		       : 0;
}

int api_image_list(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "reference", "dangling", "label", "before",
					       "since",	    "until",	NULL };
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup(usage_reset) struct usage usage = { 0 };
	cleanup_json json_t *out = json_array();
	struct period period;
	struct image **list;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = read_period(rq->api, &f, &period, err);
	if (r == 0)
		r = request_flag(rq, "shared-size", false)
			    ? store_usage(rq->api->store, &usage, err)
			    : 0;
	if (r == 0)
		r = out ? store_list(rq->api->store, &list, &n, err) : err_nomem(err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n && r == 0; i++) {
		cleanup_json json_t *item = NULL;

		if (!image_is_wanted(&f, &period, list[i]))
			continue;
		item = api_image_describe(list[i]);
		if (!item)
			r = err_nomem(err);
		else if (reference_fits(&f, item))
			r = complete_item(rq, &usage, list[i], item, err);
		else
			continue;
		if (r == 0 && json_array_append(out, item) < 0)
			r = err_nomem(err);
	}
	image_list_free(list, n);
	return r < 0 ? r : reply_json(rp, 200, take_ptr(out), err);
}

int api_image_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_image struct image *im = NULL;
	const struct oci_image_config *c;
	int r = store_find(rq->api->store, rq->target, &im, err);

	if (r < 0)
		return r;
	c = im->oci;
	return reply_json(
		rp, 200,
		JSON_OBJECT(
			member_text("Id", im->config.text),
			member_json("RepoTags", familiar_names(im->tags)),
			member_json("RepoDigests", familiar_names(im->repo_digests)),
			member_text("Parent", ""), member_text("Comment", ""),
			member_text("Created", c->created ? c->created : "0001-01-01T00:00:00Z"),
			member_text("DockerVersion", ""),
			member_text("Author", c->author ? c->author : ""),
			member_ref("Config", c->config),
			/* docker-compose 1 looks for volumes in this. */
			member_ref("ContainerConfig", c->config),
			member_text("Architecture", c->platform.arch),
			member_text("Variant", c->platform.variant),
			member_text("Os", c->platform.os),
			member_int("Size", (json_int_t)im->size_bytes),
			member_int("VirtualSize", (json_int_t)im->size_bytes),
			member_json("GraphDriver",
				    JSON_OBJECT(member_text("Name", "erofs"), member_null("Data"))),
			member_json(
				"RootFS",
				JSON_OBJECT(member_text("Type", "layers"),
					    member_json("Layers", json_from_strv(c->diff_ids)))),
			member_json("Signatures", describe_signatures(im)),
			member_json("Metadata", json_object())),
		err);
}

/* Bytes of a step's layer, as files; @layer: index of the next layer, moved on where the step has
 * one */
static json_int_t step_bytes(const struct image *im, const json_t *step, size_t *layer)
{
	if (json_is_true(json_object_get(step, "empty_layer")) || *layer >= im->n_layers)
		return 0;
	return (json_int_t)im->layer_bytes[(*layer)++];
}

static json_t *describe_step(const struct image *im, const json_t *step, bool newest,
			     json_int_t bytes)
{
	const char *by = json_string_value(json_object_get(step, "created_by"));
	const char *comment = json_string_value(json_object_get(step, "comment"));

	return JSON_OBJECT(
		member_text("Id", newest ? im->config.text : "<missing>"),
		member_int("Created",
			   creation_seconds(json_string_value(json_object_get(step, "created")))),
		member_text("CreatedBy", by ? by : ""),
		member_json("Tags", newest ? familiar_names(im->tags) : json_null()),
		member_int("Size", bytes), member_text("Comment", comment ? comment : ""));
}

/* The config has its steps oldest first, docker shows the newest first. */
int api_image_history(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_image struct image *im = NULL;
	cleanup_json json_t *out = json_array();
	size_t n, i, layer = 0;
	json_t *step;
	int r = store_find(rq->api->store, rq->target, &im, err);

	if (r < 0)
		return r;
	n = json_array_size(im->oci->history);
	json_array_foreach (im->oci->history, i, step) {
		json_int_t bytes = step_bytes(im, step, &layer);

		if (json_array_insert_new(out, 0, describe_step(im, step, i == n - 1, bytes)) < 0)
			return err_nomem(err);
	}
	return reply_json(rp, 200, take_ptr(out), err);
}

static void publish_image(struct api *api, const char *action, const char *id, const char *name)
{
	hub_publish(api->hub, "image", action, id, json_pack("{s:s}", "name", name));
}

int api_image_tag(struct request *rq, struct reply *rp, struct err *err)
{
	const char *repo = request_arg(rq, "repo"), *tag = request_arg(rq, "tag");
	cleanup_image struct image *im = NULL;
	cleanup_free char *name = NULL;
	int r;

	if (!repo || !*repo)
		return err_set(err, -EINVAL, "invalid reference format");
	name = tag && *tag ? str_printf("%s:%s", repo, tag) : strdup(repo);
	if (!name)
		return err_nomem(err);
	r = store_find(rq->api->store, rq->target, &im, err);
	if (r == 0)
		r = store_tag(rq->api->store, rq->target, name, err);
	if (r < 0)
		return r;
	publish_image(rq->api, "tag", im->config.text, name);
	return reply_empty(rp, 201);
}

static struct image_users count_users(const struct digest *manifest, void *arg)
{
	struct api *api = arg;

	return containers_use(api->containers, manifest);
}

static int append_each(json_t *list, const char *key, char *const *values)
{
	for (; values && *values; values++)
		if (json_array_append_new(list, json_pack("{s:s}", key, *values)) < 0)
			return -ENOMEM;
	return 0;
}

int api_image_remove(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	cleanup(removal_reset) struct removal gone = { 0 };
	cleanup_json json_t *list = json_array();
	int r = store_remove(api->store, rq->target, request_flag(rq, "force", false), count_users,
			     api, &gone, err);

	if (r < 0)
		return r;
	for (char **name = gone.untagged; name && *name; name++)
		publish_image(api, "untag", *name, *name);
	for (char **name = gone.deleted; name && *name; name++)
		publish_image(api, "delete", *name, *name);
	if (!list || append_each(list, "Untagged", gone.untagged) < 0 ||
	    append_each(list, "Deleted", gone.deleted) < 0)
		return err_nomem(err);
	return reply_json(rp, 200, take_ptr(list), err);
}

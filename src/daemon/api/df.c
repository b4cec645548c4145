/* SPDX-License-Identifier: Apache-2.0 */
/* GET /system/df: what takes up space. */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/view.h"
#include "daemon/machine/spare-list.h"
#include "daemon/machine/template-list.h"
#include "daemon/machine/template.h"

static int describe_image(struct api *api, const struct usage *u, const struct image *im,
			  json_t *out)
{
	const struct image_usage *mine = usage_of(u, &im->manifest);
	cleanup_json json_t *item = api_image_describe(im);
	size_t users = containers_use(api->containers, &im->manifest).all;
	json_int_t bytes = mine ? (json_int_t)mine->bytes : 0;

	return item && api_image_add_sizes(item, mine) == 0 &&
			       json_object_set_new(item, "Containers",
						   json_integer((json_int_t)users)) == 0 &&
			       json_object_set_new(item, "Size", json_integer(bytes)) == 0 &&
			       json_object_set_new(item, "VirtualSize", json_integer(bytes)) == 0 &&
			       json_array_append(out, item) == 0
		       ? 0
		       : -ENOMEM;
}

/* Lists images with the sizes of their files and blobs on the disk, even of blobs that they share.
 * The sum is the store's, where each blob counts once. */
static int list_images(struct api *api, json_t *out, int64_t *ret_bytes, struct err *err)
{
	cleanup(usage_reset) struct usage u = { 0 };
	struct image **list;
	size_t n;
	int r = store_usage(api->store, &u, err);

	if (r == 0)
		r = store_list(api->store, &list, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n && r == 0; i++)
		r = describe_image(api, &u, list[i], out);
	image_list_free(list, n);
	*ret_bytes = (int64_t)u.total_bytes;
	return r < 0 ? err_nomem(err) : 0;
}

/* Is this kind of object wanted?  "type", repeated, names kinds; without it all are wanted. */
static bool is_wanted(const struct request *rq, const char *type)
{
	bool any = false;

	for (size_t i = 0; i < rq->n_query; i++) {
		if (!streq(rq->query[i].key, "type"))
			continue;
		any = true;
		if (streq(rq->query[i].value, type))
			return true;
	}
	return !any;
}

static int check_types(const struct request *rq, struct err *err)
{
	static const char *const known[] = { "container", "image", "volume", "build-cache" };

	for (size_t i = 0; i < rq->n_query; i++) {
		bool ok = !streq(rq->query[i].key, "type");

		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			ok = ok || streq(rq->query[i].value, known[k]);
		if (!ok)
			return err_set(err, -EINVAL, "unknown object type: %s", rq->query[i].value);
	}
	return 0;
}

/* Templates, spare machines and zygotes are moat's own, and always described. */
int api_system_df(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	cleanup_json json_t *images = json_array(), *containers = json_array(),
			    *volumes = json_array();
	cleanup_json json_t *spares = spares_describe(api->machines->spares);
	int64_t bytes = 0;
	int r = images && containers && volumes && spares ? check_types(rq, err) : err_nomem(err);

	if (r == 0 && is_wanted(rq, "image"))
		r = list_images(api, images, &bytes, err);
	if (r == 0 && is_wanted(rq, "container")) {
		json_decref(take_ptr(containers));
		r = api_container_list_all(rq, &containers, err);
	}
	if (r == 0 && is_wanted(rq, "volume"))
		r = api_volume_list_usage(api, volumes) < 0 ? err_nomem(err) : 0;
	if (r < 0)
		return r;
	return reply_json(rp, 200,
			  json_pack("{s:I, s:O, s:O, s:O, s:[], s:i, s:o, s:O, s:O}", "LayersSize",
				    (json_int_t)bytes, "Images", images, "Containers", containers,
				    "Volumes", volumes, "BuildCache", "BuilderSize", 0, "Templates",
				    templates_describe(api->machines->templates), "Spares",
				    json_object_get(spares, "Machines"), "Zygotes",
				    json_object_get(spares, "Zygotes")),
			  err);
}

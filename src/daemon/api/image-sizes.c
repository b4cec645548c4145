/* SPDX-License-Identifier: Apache-2.0 */
/* What images consist of, and what they take on the disk. */
#include "base/json-object.h"
#include "daemon/api/api.h"

int api_image_add_sizes(json_t *item, const struct image_usage *u)
{
	json_int_t bytes = u ? (json_int_t)u->bytes : 0;

	return json_object_set_new(item, "SharedSize",
				   json_integer(u ? (json_int_t)u->shared_bytes : 0)) < 0 ||
			       json_object_set_new(item, "DiskSize", json_integer(bytes)) < 0
		       ? -1
		       : 0;
}

static json_t *describe_layers(const struct image_part *p)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < p->n_layers; i++)
		json_array_append_new(
			list, JSON_OBJECT(member_text("Digest", p->layers[i].digest.text),
					  member_text("MediaType", p->layers[i].media_type),
					  member_int("Size", (json_int_t)p->layers[i].size_bytes)));
	return list;
}

static json_t *describe_platform(const struct platform *p)
{
	return JSON_OBJECT(member_text("os", p->os), member_text("architecture", p->arch),
			   member_text("variant", p->variant));
}

static json_t *describe_part(const struct image *im, const struct image_part *p)
{
	bool own = digest_is_same(&p->manifest, &im->manifest) ||
		   digest_is_same(&p->manifest, &im->original);

	return JSON_OBJECT(
		member_text("ID", p->manifest.text), member_bool("Available", p->is_stored),
		member_text("Kind", p->is_image ? "image" : "unknown"),
		member_json(
			"Size",
			JSON_OBJECT(member_int("Content", (json_int_t)p->bytes),
				    member_int("Total", (json_int_t)(p->bytes +
								     (own ? im->size_bytes : 0))))),
		member_json("ImageData",
			    p->is_image ? JSON_OBJECT(member_json("Platform",
								  describe_platform(&p->platform)))
					: json_null()),
		member_json("Layers", describe_layers(p)));
}

int api_image_add_manifests(struct api *api, json_t *item, const struct image *im, struct err *err)
{
	cleanup_json json_t *out = json_array();
	struct image_part *list;
	size_t n;
	int r = out ? store_describe(api->store, im, &list, &n, err) : err_nomem(err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = json_array_append_new(out, describe_part(im, &list[i]));
	image_parts_free(list, n);
	if (r < 0 || json_object_set(item, "Manifests", out) < 0)
		return err_nomem(err);
	return 0;
}

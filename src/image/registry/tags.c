/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "image/registry/pages.h"
#include "image/registry/retry.h"

/*
 * Theory of operation: GET /v2/NAME/tags/list, in pages (distribution-spec, "Listing Tags").
 *
 * The registry is hostile: pages and tags are bounded in size and number, and what is no tag is an
 * error.
 */

#define ANSWER_MAX_BYTES (4u << 20)
#define TAGS_MAX	 10000u

static int add_tag(const struct reference *ref, const char *tag, char ***ret, struct err *err)
{
	cleanup_free char *name =
		tag ? str_printf("%s/%s:%s", ref->registry, ref->repository, tag) : NULL;
	cleanup_reference struct reference *one = NULL;
	int r = !tag ? -EINVAL : name ? reference_parse(name, &one, NULL) : -ENOMEM;

	if (r == -ENOMEM)
		return err_nomem(err);
	if (r < 0 || !one->tag || !streq(one->tag, tag))
		return err_set(err, -EPROTO, "the registry lists \"%.128s\", which is no tag",
			       tag ? tag : "");
	if (strv_len(*ret) >= TAGS_MAX)
		return err_set(err, -EFBIG, "the registry lists more than %u tags", TAGS_MAX);
	return strv_add(ret, tag) < 0 ? err_nomem(err) : 0;
}

static int take_page(const struct registry *reg, const struct http_response *rs, char ***ret,
		     struct err *err)
{
	cleanup_json json_t *doc = NULL;
	const json_t *tag;
	int r = rs->status == 404 ? err_set(err, -ENOENT, "the registry has no such repository")
				  : 0;
	size_t i;

	if (r == 0)
		r = rs->status == 200 ? json_read(rs->body.data ? rs->body.data : "", rs->body.len,
						  "list of tags", &doc, err)
				      : registry_refused(reg, rs, err);
	if (r < 0)
		return r;
	json_array_foreach (json_object_get(doc, "tags"), i, tag) {
		r = add_tag(reg->ref, json_string_value(tag), ret, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int list_tags(struct registry *reg, struct http *h, char ***ret, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	struct http_request rq = { .path = "/tags/list", .max_bytes = ANSWER_MAX_BYTES };
	cleanup_free char *url = NULL;

	for (int page = 0; page < PAGES_MAX; page++) {
		int r = registry_retry(reg, h, &rq, &rs, err);

		if (r == 0)
			r = take_page(reg, &rs, ret, err);
		if (r < 0)
			return r;
		r = page_turn(reg, h, &rs, &url);
		if (r <= 0)
			return r < 0 ? err_nomem(err) : 0;
		rq.path = NULL;
		rq.url = url;
		http_response_reset(&rs);
	}
	return 0;
}

int registry_tags(const struct reference *ref, const struct registry_access *access,
		  const struct progress *progress, char ***ret, struct err *err)
{
	cleanup_registry struct registry *reg = NULL;
	cleanup_http struct http *h = NULL;
	cleanup_strv char **tags = NULL;
	int r = http_new(progress, access->settings, &h) == 0 ? 0 : err_nomem(err);

	if (r == 0)
		r = registry_new(ref, access, &reg, err);
	if (r == 0)
		r = list_tags(reg, h, &tags, err);
	if (r == 0 && !tags)
		r = err_set(err, -ENOENT, "the registry lists no tags");
	if (r < 0)
		return err_wrap(err, "tags of %s/%s", ref->registry, ref->repository);
	*ret = take_ptr(tags);
	return 0;
}

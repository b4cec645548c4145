/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/upload.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/registry-inner.h"
#include "image/registry/retry.h"
#include "image/registry/token.h"

#define ANSWER_MAX_BYTES (64u << 10)

int registry_allow_push(struct registry *reg, char *const *mount_from)
{
	strv_free(take_ptr(reg->scopes));
	reg->pushes = true;
	if (strv_addf(&reg->scopes, "repository:%s:pull,push", reg->ref->repository) < 0)
		return -ENOMEM;
	for (; mount_from && *mount_from; mount_from++)
		if (strv_addf(&reg->scopes, "repository:%s:pull", *mount_from) < 0)
			return -ENOMEM;
	return 0;
}

int registry_push_refused(const struct registry *reg, const struct http_response *rs,
			  struct err *err)
{
	char text[256];

	answer_text(rs, text);
	if (rs->status == 404)
		return err_set(err, -ENOENT,
			       "registry %s has no repository %s%s%s: check the name, "
			       "or make it there first",
			       reg->ref->registry, reg->ref->repository, *text ? ": " : "", text);
	if (rs->status == 405 || rs->status == 501)
		return err_set(err, -EROFS,
			       "registry %s takes no images (%ld%s%s): it may be read-only or a "
			       "mirror; push to another one",
			       reg->ref->registry, rs->status, *text ? ": " : "", text);
	return registry_refused(reg, rs, err);
}

int registry_has_blob(struct registry *reg, struct http *h, const struct digest *d, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path = str_printf("/blobs/%s", d->text);
	struct http_request rq = { .method = "HEAD", .path = path };
	int r = path ? registry_retry(reg, h, &rq, &rs, err) : err_nomem(err);

	if (r < 0)
		return r;
	return rs.status == 401 ? registry_push_refused(reg, &rs, err) : rs.status == 200;
}

int registry_put_manifest(struct registry *reg, struct http *h, const char *name,
			  const struct document *doc, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path = str_printf("/manifests/%s", name);
	const struct http_body body = { .type = doc->media_type,
					.data = doc->text.data,
					.len = doc->text.len };
	struct http_request rq = {
		.method = "PUT", .path = path, .body = &body, .max_bytes = ANSWER_MAX_BYTES
	};
	int r = path ? registry_retry(reg, h, &rq, &rs, err) : err_nomem(err);

	if (r < 0)
		return r;
	if (rs.status != 201 && rs.status != 200)
		return registry_push_refused(reg, &rs, err);
	if (rs.digest && !streq(rs.digest, doc->digest.text))
		return err_set(err, -EBADMSG,
			       "registry %s keeps the manifest as %.80s, but %s was pushed: push "
			       "again, or look for what changes it on the way",
			       reg->ref->registry, rs.digest, doc->digest.text);
	return 0;
}

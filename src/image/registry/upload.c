/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/upload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/redirect.h"
#include "image/registry/registry-inner.h"
#include "image/registry/retry.h"
#include "image/registry/token.h"

/*
 * Theory of operation: a blob goes up in two requests.  POST opens an upload, and the answer's
 * Location says where the content is to be PUT, whole, with its digest; the registry checks that.
 * An upload that was cut off is forgotten and begun anew, once.
 *
 * The registry is hostile: the Location is judged like a redirection, and credentials go only to
 * the host that they are for.
 */

#define BLOB_TRIES	 2
#define ANSWER_MAX_BYTES (64u << 10)

int registry_allow_push(struct registry *reg, const char *mount_from)
{
	strv_free(take_ptr(reg->scopes));
	reg->pushes = true;
	if (strv_addf(&reg->scopes, "repository:%s:pull,push", reg->ref->repository) < 0)
		return -ENOMEM;
	if (!mount_from)
		return 0;
	reg->mount_from = strdup(mount_from);
	return reg->mount_from ? strv_addf(&reg->scopes, "repository:%s:pull", mount_from)
			       : -ENOMEM;
}

static int push_refused(const struct registry *reg, const struct http_response *rs, struct err *err)
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
	return rs.status == 401 ? push_refused(reg, &rs, err) : rs.status == 200;
}

int registry_mount_blob(struct registry *reg, struct http *h, const struct digest *d,
			struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	const struct http_body nothing = { .type = "application/octet-stream", .data = "" };
	cleanup_free char *path = NULL;
	struct http_request rq = { .method = "POST",
				   .body = &nothing,
				   .max_bytes = ANSWER_MAX_BYTES };
	int r;

	if (!reg->mount_from)
		return 0;
	path = str_printf("/blobs/uploads/?mount=%s&from=%s", d->text, reg->mount_from);
	if (!path)
		return err_nomem(err);
	rq.path = path;
	r = registry_retry(reg, h, &rq, &rs, err);
	return r < 0 ? r : rs.status == 201;
}

/* Opens an upload.  @ret: where the content of @d goes, judged; @ret_ours: credentials may go
 * along. */
static int open_upload(struct registry *reg, struct http *h, const struct digest *d, char **ret,
		       bool *ret_ours, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	const struct http_body nothing = { .type = "application/octet-stream", .data = "" };
	cleanup_free char *query = str_printf("digest=%s", d->text);
	struct http_request rq = {
		.method = "POST",
		.body = &nothing,
		.path = "/blobs/uploads/",
		.max_bytes = ANSWER_MAX_BYTES,
	};
	int r = query ? registry_retry(reg, h, &rq, &rs, err) : err_nomem(err);

	if (r < 0)
		return r;
	if (rs.status != 202)
		return push_refused(reg, &rs, err);
	if (!rs.location)
		return err_set(err, -EPROTO, "registry %s opens an upload, but does not say where",
			       reg->ref->registry);
	r = redirect_check(reg->base, rs.location, http_settings(h), ret_ours, err);
	return r < 0 ? r : url_resolve(reg->base, rs.location, query, ret, err);
}

static int try_blob(struct registry *reg, struct http *h, const struct digest *d,
		    struct http_request *rq, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *url = NULL;
	bool ours;
	int r = open_upload(reg, h, d, &url, &ours, err);

	if (r < 0)
		return r;
	rq->url = url;
	rq->bearer = rq->username = rq->password = NULL;
	r = ours ? registry_send(reg, h, rq, &rs, err) : http_send(h, rq, &rs, err);
	rq->url = NULL;
	if (r < 0 || rs.status == 201 || rs.status == 204)
		return r;
	r = push_refused(reg, &rs, err);
	return retry_is_passing(0, rs.status) ? -ECONNRESET : r;
}

int registry_put_blob(struct registry *reg, struct http *h, const struct digest *d,
		      const struct http_body *body, struct err *err)
{
	struct http_request rq = { .method = "PUT", .body = body, .max_bytes = ANSWER_MAX_BYTES };

	struct patience p = { 0 };

	for (int attempt = 1;; attempt++) {
		int r = try_blob(reg, h, d, &rq, err);

		if (r == 0)
			return 0;
		if (!retry_is_passing(r, 0) || attempt == BLOB_TRIES)
			return err_wrap(err, "upload of %.19s", d->text), r;
		if (retry_wait(&p, h, 0) < 0)
			return err_set(err, -ECANCELED, "cancelled");
	}
}

int registry_put_manifest(struct registry *reg, struct http *h, const char *tag,
			  const struct document *doc, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path = str_printf("/manifests/%s", tag);
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
		return push_refused(reg, &rs, err);
	if (rs.digest && !streq(rs.digest, doc->digest.text))
		return err_set(err, -EBADMSG,
			       "registry %s keeps the manifest as %.80s, but %s was pushed: push "
			       "again, or look for what changes it on the way",
			       reg->ref->registry, rs.digest, doc->digest.text);
	return 0;
}

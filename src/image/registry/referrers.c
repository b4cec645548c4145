/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/referrers.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/pages.h"
#include "image/registry/retry.h"
#include "oci/index.h"

/*
 * Theory of operation: a list comes in pages, each of which says with a Link header where the next
 * one is.  That is followed on the server that was asked alone, which gets its credentials.
 *
 * The registry is hostile: pages are bounded in size and number.
 */

static int take_all(const struct buf *text, const struct referrers_taker *to, struct err *err)
{
	cleanup_oci_index struct oci_index *ix = NULL;
	int r = oci_index_parse(text->data ? text->data : "", text->len, &ix, err);

	for (size_t i = 0; r == 0 && i < ix->n_manifests; i++)
		r = to->take(to->arg, &ix->manifests[i], err);
	return r;
}

static int take_tagged(struct registry *reg, struct http *h, const struct digest *of,
		       const struct referrers_taker *to, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	cleanup_free char *tag = str_printf("sha256-%s", digest_hex(of));
	int r = tag ? registry_get_manifest(reg, h, tag, &doc, err) : err_nomem(err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return oci_is_index(doc.media_type) ? take_all(&doc.text, to, err) : 0;
}

static bool is_list(const struct http_response *rs)
{
	return rs->status == 200 && rs->content_type && oci_is_index(rs->content_type);
}

static int take_pages(struct registry *reg, struct http *h, struct http_response *rs,
		      const struct referrers_taker *to, struct err *err)
{
	struct http_request rq = { .accept = MEDIA_OCI_INDEX, .max_bytes = OCI_MANIFEST_MAX_BYTES };
	cleanup_free char *url = NULL;
	int r = 0;

	for (int page = 0; r == 0 && page < PAGES_MAX; page++) {
		r = take_all(&rs->body, to, err);
		if (r != 0)
			return r;
		r = page_turn(reg, h, rs, &url);
		if (r <= 0)
			return r < 0 ? err_nomem(err) : 0;
		rq.url = url;
		http_response_reset(rs);
		r = registry_retry(reg, h, &rq, rs, err);
		if (r == 0 && !is_list(rs))
			r = registry_refused(reg, rs, err);
	}
	return r;
}

int referrers_each(struct registry *reg, struct http *h, const struct digest *of,
		   const struct referrers_taker *to, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup_free char *path = str_printf("/referrers/%s", of->text);
	struct http_request rq = { .path = path,
				   .accept = MEDIA_OCI_INDEX,
				   .max_bytes = OCI_MANIFEST_MAX_BYTES };
	int r = path ? registry_retry(reg, h, &rq, &rs, err) : err_nomem(err);

	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	if (r == 0 && is_list(&rs))
		return take_pages(reg, h, &rs, to, err);
	return take_tagged(reg, h, of, to, err);
}

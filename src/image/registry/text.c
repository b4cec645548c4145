/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/text.h"

#include <errno.h>

#include "base/str.h"
#include "image/registry/mirror.h"
#include "image/store/blob.h"

struct text {
	const struct oci_descriptor *announced;
	struct buf *to;
	struct http_sink sink;
};

static int begin_text(void *arg, uint64_t offset, struct err *err)
{
	struct text *t = arg;

	if (offset == 0)
		t->to->len = 0;
	t->sink.have_bytes = t->to->len;
	return offset == t->to->len ? 0
				    : err_set(err, -EPROTO, "the registry sent another part of it");
}

static int take_text(void *arg, const void *data, size_t len, struct err *err)
{
	struct text *t = arg;

	if (len > t->announced->size_bytes - t->to->len)
		return err_set(err, -EFBIG, "it is longer than the %llu bytes announced",
			       (unsigned long long)t->announced->size_bytes);
	if (buf_add(t->to, data, len) < 0)
		return err_nomem(err);
	t->sink.have_bytes = t->to->len;
	return 0;
}

static int check_text(const struct oci_descriptor *d, const struct buf *text, struct err *err)
{
	struct digest got;
	int r = digest_of_kind(digest_kind(&d->digest), text->data ? text->data : "", text->len,
			       &got);

	if (r < 0)
		return err_errno(err, r, "hash");
	if (text->len != d->size_bytes || !streq(got.text, d->digest.text))
		return err_set(err, -EBADMSG, "it has digest %s, not %s", got.text, d->digest.text);
	return 0;
}

int registry_text(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		  struct buf *ret, struct err *err)
{
	struct text t = {
		.announced = d,
		.to = ret,
		.sink = { .begin = begin_text, .write = take_text, .arg = &t },
	};
	int r = d->size_bytes > OCI_MANIFEST_MAX_BYTES
			? err_set(err, -EFBIG, "it is larger than %u bytes", OCI_MANIFEST_MAX_BYTES)
			: registry_blob(reg, h, d, &t.sink, err);

	return r == 0 ? check_text(d, ret, err) : r;
}

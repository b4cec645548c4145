/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/fetch.h"

#include <errno.h>
#include <string.h>

#include "image/registry/mirror.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/store.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: a download streams into a blob_writer under a claim on its digest.
 *
 * The registry is hostile: what arrives is never longer than its descriptor says, and is stored
 * only under the digest it has.
 */

struct download {
	struct blob_writer writer;
	struct http_sink sink;
};

static int on_begin(void *arg, uint64_t offset, struct err *err)
{
	struct download *d = arg;
	int r = 0;

	if (offset == 0 && d->writer.size_bytes > 0)
		r = blob_writer_restart(&d->writer, err);
	else if (offset != d->writer.size_bytes)
		r = err_set(err, -EPROTO, "the registry resumed a download at the wrong place");
	d->sink.have_bytes = d->writer.size_bytes;
	return r;
}

static int on_write(void *arg, const void *data, size_t len, struct err *err)
{
	struct download *d = arg;
	int r = blob_writer_add(&d->writer, data, len, err);

	d->sink.have_bytes = d->writer.size_bytes;
	return r == -EFBIG ? err_set(err, -EBADMSG, "longer than the %llu bytes announced",
				     (unsigned long long)d->writer.max_bytes)
			   : r;
}

static int download_blob(const struct fetcher *f, const struct oci_descriptor *desc,
			 struct err *err)
{
	struct download d = {
		.writer = BLOB_WRITER_INIT,
		.sink = { .begin = on_begin, .write = on_write, .arg = &d },
	};
	int r = blob_writer_open(f->work->st, digest_kind(&desc->digest), desc->size_bytes,
				 &d.writer, err);

	if (r < 0)
		return r;
	r = registry_blob(f->reg, f->http, desc, &d.sink, err);
	if (r == 0)
		r = blob_writer_publish(&d.writer, desc, err);
	blob_writer_close(&d.writer);
	return r;
}

/* Is a document stored?  Documents are small enough to be read, so a damaged one is fetched
 * again. */
static bool is_stored(const struct store *st, const struct oci_descriptor *d)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	return blob_exists(st, &d->digest, d->size_bytes) &&
	       (d->size_bytes > OCI_MANIFEST_MAX_BYTES ||
		blob_read(st, &d->digest, &text, NULL) == 0);
}

int fetch_blob(const struct fetcher *f, const struct oci_descriptor *d, struct err *err)
{
	struct store *st = f->work->st;
	struct claim claim;
	int r = claim_take(st, &claim, d->digest.text, &f->guard->guarded);

	if (r < 0)
		return err_set(err, r, "cancelled");
	if (!is_stored(st, d))
		r = download_blob(f, d, err);
	claim_release(st, &claim);
	return r;
}

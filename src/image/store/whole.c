/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/record.h"
#include "oci/references.h"

/*
 * Theory of operation: an index that is kept as a whole is walked from the top, document by
 * document, and everything met is noted with the image, so that nothing of it is garbage.
 *
 * The documents were checked against their digests; whoever made the image controls what they say.
 */

#define DOCUMENTS_MAX 1024

struct walk {
	const struct store *st;
	struct digest *found; /* documents first come, first walked; then blobs */
	size_t n;
	struct digest *blobs;
	size_t n_blobs;
};

static void walk_reset(struct walk *w)
{
	free(w->found);
	free(w->blobs);
}

static int add_digest(struct digest **list, size_t *n, const struct digest *d)
{
	struct digest *more;

	for (size_t i = 0; i < *n; i++)
		if (streq((*list)[i].text, d->text))
			return 0;
	more = reallocarray(*list, *n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	*list = more;
	more[(*n)++] = *d;
	return 0;
}

static int note_references(struct walk *w, const struct oci_references *refs, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < refs->n_blobs; i++) {
		const struct oci_descriptor *d = &refs->blobs[i];

		if (!blob_exists(w->st, &d->digest, d->size_bytes))
			return err_set(err, -ENOENT, "%.19s is not in the store", d->digest.text);
		r = add_digest(&w->blobs, &w->n_blobs, &d->digest);
	}
	for (size_t i = 0; r == 0 && i < refs->n_documents; i++)
		r = add_digest(&w->found, &w->n, &refs->documents[i].digest);
	if (r == 0 && w->n > DOCUMENTS_MAX)
		return err_set(err, -EBADMSG, "an index leads to more than %d documents",
			       DOCUMENTS_MAX);
	return r < 0 ? err_nomem(err) : 0;
}

static int walk_document(struct walk *w, const struct digest *d, struct err *err)
{
	cleanup(oci_references_reset) struct oci_references refs = { 0 };
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = blob_read(w->st, d, &text, err);

	if (r == 0)
		r = oci_references_read(text.data ? text.data : "", text.len, &refs, err);
	return r == 0 ? note_references(w, &refs, err) : r;
}

int record_keep_whole(const struct store *st, struct record *rec, struct err *err)
{
	cleanup(walk_reset) struct walk w = { .st = st };
	struct digest *all;
	int r = add_digest(&w.found, &w.n, &rec->im.index) < 0 ? err_nomem(err) : 0;

	for (size_t i = 0; r == 0 && i < w.n; i++) {
		const struct digest d = w.found[i];

		r = walk_document(&w, &d, err);
	}
	if (r < 0)
		return r;
	all = reallocarray(rec->blobs, rec->n_blobs + w.n + w.n_blobs, sizeof(*all));
	if (!all)
		return err_nomem(err);
	rec->blobs = all;
	memcpy(all + rec->n_blobs, w.found, w.n * sizeof(*all));
	memcpy(all + rec->n_blobs + w.n, w.blobs, w.n_blobs * sizeof(*all));
	rec->n_blobs += w.n + w.n_blobs;
	rec->im.is_whole = true;
	return 0;
}

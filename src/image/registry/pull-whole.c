/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/pull-whole.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/fetch-layers.h"
#include "image/registry/mirror.h"
#include "image/registry/pull-inner.h"
#include "image/store/blob.h"
#include "oci/references.h"

/*
 * Theory of operation: documents are fetched one by one, breadth first, and the blobs they refer to
 * are gathered; then the blobs are fetched like the layers of one image, several at a time.
 *
 * The registry is hostile: each document must have the size, digest and media type that were
 * announced, and there are only so many.
 */

#define DOCUMENTS_MAX 256
#define BLOBS_MAX     8192

struct whole {
	const struct fetcher *f;
	struct oci_descriptor *documents; /* fetched ones first, then those to be fetched */
	size_t n_documents;
	struct oci_manifest blobs; /* the blobs are its layers */
};

static void whole_reset(struct whole *w)
{
	oci_descriptors_free(w->documents, w->n_documents);
	oci_descriptors_free(w->blobs.layers, w->blobs.n_layers);
}

/* Moves entries that are new to a list to its end. */
static int take_new(struct oci_descriptor **list, size_t *n, struct oci_descriptor *from,
		    size_t n_from)
{
	struct oci_descriptor *more = reallocarray(*list, *n + n_from + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*list = more;
	for (size_t i = 0; i < n_from; i++) {
		bool known = false;

		for (size_t k = 0; k < *n && !known; k++)
			known = streq(more[k].digest.text, from[i].digest.text);
		if (known)
			continue;
		more[(*n)++] = from[i];
		from[i] = (struct oci_descriptor){ 0 };
	}
	return 0;
}

static int take_references(struct whole *w, const struct buf *text, struct err *err)
{
	cleanup(oci_references_reset) struct oci_references refs = { 0 };
	int r = oci_references_read(text->data ? text->data : "", text->len, &refs, err);

	if (r < 0)
		return r;
	if (take_new(&w->documents, &w->n_documents, refs.documents, refs.n_documents) < 0 ||
	    take_new(&w->blobs.layers, &w->blobs.n_layers, refs.blobs, refs.n_blobs) < 0)
		return err_nomem(err);
	if (w->n_documents > DOCUMENTS_MAX || w->blobs.n_layers > BLOBS_MAX)
		return err_set(err, -EBADMSG,
			       "the index leads to more than %d documents or %d blobs",
			       DOCUMENTS_MAX, BLOBS_MAX);
	return 0;
}

static int store_document(struct whole *w, const struct document *doc, struct err *err)
{
	const struct buf *text = &doc->text;
	int r = blob_put_as(w->f->work, &doc->digest, text->data ? text->data : "", text->len, err);

	return r == 0 ? take_references(w, text, err) : r;
}

static int fetch_document(struct whole *w, size_t i, struct err *err)
{
	cleanup(document_reset) struct document doc = { 0 };
	int r = registry_manifest(w->f->reg, w->f->http, w->documents[i].digest.text, &doc, err);

	if (r == 0)
		r = pull_check_announced(&doc, &w->documents[i], err);
	return r == 0 ? store_document(w, &doc, err) : r;
}

static int fetch_blobs(struct whole *w, struct err *err)
{
	cleanup_free struct flatten_layer *files = calloc(w->blobs.n_layers + 1, sizeof(*files));
	struct fetch_layers *l;
	int r;

	if (!files)
		return err_nomem(err);
	for (size_t i = 0; i < w->blobs.n_layers; i++)
		if (work_pin(w->f->work, &w->blobs.layers[i].digest) < 0)
			return err_nomem(err);
	r = fetch_layers_open(w->f, &w->blobs, files, &l, err);
	if (r < 0)
		return r;
	r = fetch_layers_run(l, NULL, NULL, err);
	fetch_layers_close(l);
	return r == -ESTALE ? -EBADMSG : r;
}

int pull_whole(const struct fetcher *f, const struct document *index, struct err *err)
{
	cleanup(whole_reset) struct whole w = { .f = f };
	int r = store_document(&w, index, err);

	for (size_t i = 0; r == 0 && i < w.n_documents; i++)
		r = fetch_document(&w, i, err);
	return r == 0 ? fetch_blobs(&w, err) : r;
}

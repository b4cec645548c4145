/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/contents.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "image/store/blob.h"
#include "oci/references.h"

/*
 * Theory of operation: an index is walked down to its manifests, and a document is noted after all
 * below it, so that in this order no document leads to one that comes later.
 *
 * The documents were checked against their digests when they came in; whoever made the image
 * controls what they say.
 */

#define DEPTH_MAX      8
#define DOCUMENTS_MAX  1024
#define BLOBS_MAX      8192
#define TEXT_MAX_BYTES (64u << 20) /* limit of all documents together */

struct walk {
	const struct store *st;
	struct contents *contents;
	/* Counts of this walk: */
	size_t text_bytes;
	size_t n_documents, n_blobs;
};

void contents_reset(struct contents *c)
{
	for (size_t i = 0; i < c->n_documents; i++)
		document_reset(&c->documents[i]);
	oci_descriptors_free(c->blobs, c->n_blobs);
	tdestroy(c->known, free);
	free(c->documents);
	*c = (struct contents){ 0 };
}

const struct document *contents_document(const struct contents *c, const struct digest *d)
{
	for (size_t i = 0; i < c->n_documents; i++)
		if (streq(c->documents[i].digest.text, d->text))
			return &c->documents[i];
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	const struct digest *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Notes a blob.  Return: 1; 0 if it was noted before; -ENOMEM. */
static int note_blob(struct contents *c, const struct digest *d)
{
	struct digest *own = malloc(sizeof(*own));
	void *at;

	if (!own)
		return -ENOMEM;
	*own = *d;
	at = tsearch(own, &c->known, by_text);
	if (at && *(struct digest **)at == own)
		return 1;
	free(own);
	return at ? 0 : -ENOMEM;
}

/* Notes blobs.  @from: taken over, except those noted before */
static int take_blobs(struct walk *w, struct oci_descriptor *from, size_t n)
{
	struct contents *c = w->contents;
	struct oci_descriptor *more = reallocarray(c->blobs, c->n_blobs + n + 1, sizeof(*more));
	int r = 0;

	if (!more)
		return -ENOMEM;
	c->blobs = more;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		r = note_blob(c, &from[i].digest);
		if (r <= 0)
			continue;
		more[c->n_blobs++] = from[i];
		from[i] = (struct oci_descriptor){ 0 };
		w->n_blobs++;
	}
	return r < 0 ? r : 0;
}

static int read_media_type(struct document *doc, struct err *err)
{
	cleanup_json json_t *json = NULL;
	const char *type = NULL;
	int r = json_read(doc->text.data, doc->text.len, "manifest", &json, err);

	if (r == 0)
		r = json_get_str(json, "mediaType", &type, err);
	if (r < 0)
		return r;
	if (!type)
		type = json_object_get(json, "manifests") ? MEDIA_OCI_INDEX : MEDIA_OCI_MANIFEST;
	doc->media_type = strdup(type);
	return doc->media_type ? 0 : err_nomem(err);
}

static int add_document(struct contents *c, struct document *doc)
{
	struct document *more =
		reallocarray(c->documents, c->n_documents + 1, sizeof(*c->documents));

	if (!more)
		return -ENOMEM;
	c->documents = more;
	more[c->n_documents++] = *doc;
	*doc = (struct document){ 0 };
	return 0;
}

static int check_amount(struct walk *w, const struct oci_references *refs, int depth,
			struct err *err)
{
	if (depth < DEPTH_MAX && ++w->n_documents <= DOCUMENTS_MAX &&
	    refs->n_documents <= DOCUMENTS_MAX && refs->n_blobs <= BLOBS_MAX &&
	    w->n_blobs <= BLOBS_MAX && w->text_bytes <= TEXT_MAX_BYTES)
		return 0;
	return err_set(err, -EBADMSG,
		       "an index is nested more than %d deep, or leads to more than %d documents "
		       "or %u MiB of them, or to more than %d blobs",
		       DEPTH_MAX, DOCUMENTS_MAX, TEXT_MAX_BYTES >> 20, BLOBS_MAX);
}

static int visit_content(struct walk *w, const struct digest *d, int depth, struct err *err)
{
	cleanup(document_reset) struct document doc = { .digest = *d };
	cleanup(oci_references_reset) struct oci_references refs = { 0 };
	int r;

	if (contents_document(w->contents, d))
		return 0;
	r = blob_read(w->st, d, &doc.text, err);
	w->text_bytes += doc.text.len;
	w->contents->read_bytes += doc.text.len;
	if (r == 0)
		r = read_media_type(&doc, err);
	if (r == 0)
		r = oci_references_read(doc.text.data, doc.text.len, &refs, err);
	if (r == 0)
		r = check_amount(w, &refs, depth, err);
	for (size_t i = 0; r == 0 && i < refs.n_documents; i++)
		r = visit_content(w, &refs.documents[i].digest, depth + 1, err);
	if (r < 0)
		return r;
	return take_blobs(w, refs.blobs, refs.n_blobs) < 0 || add_document(w->contents, &doc) < 0
		       ? err_nomem(err)
		       : 0;
}

int contents_add(const struct store *st, const struct digest *root, struct contents *c,
		 struct err *err)
{
	struct walk w = { .st = st, .contents = c };

	return visit_content(&w, root, 0, err);
}

int contents_check(const struct store *st, const struct contents *c, struct err *err)
{
	for (size_t i = 0; i < c->n_blobs; i++)
		if (!blob_exists(st, &c->blobs[i].digest, c->blobs[i].size_bytes))
			return err_set(err, -ENOENT, "%.19s is not in the store",
				       c->blobs[i].digest.text);
	return 0;
}

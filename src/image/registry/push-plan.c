/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/push-plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/store.h"
#include "oci/references.h"

/*
 * Theory of operation: an index is walked down to its manifests, and a document is noted when all
 * below it is, so that a registry never gets one that leads to what it has not.
 *
 * The documents were checked against their digests when they came in; whoever made the image
 * controls what they say.
 */

#define DEPTH_MAX     8
#define DOCUMENTS_MAX 1024

struct walk {
	const struct store *st;
	struct push_plan *plan;
};

void push_plan_reset(struct push_plan *p)
{
	for (size_t i = 0; i < p->n_documents; i++)
		document_reset(&p->documents[i]);
	for (size_t i = 0; i < p->n_blobs; i++) {
		oci_descriptor_reset(&p->blobs[i].desc);
		free(p->blobs[i].mount_from);
	}
	free(p->documents);
	free(p->blobs);
	*p = (struct push_plan){ 0 };
}

static bool is_config(const char *media_type)
{
	return streq(media_type, MEDIA_OCI_CONFIG) || streq(media_type, MEDIA_DOCKER_CONFIG);
}

static bool has_blob(const struct push_plan *p, const struct digest *d)
{
	for (size_t i = 0; i < p->n_blobs; i++)
		if (streq(p->blobs[i].desc.digest.text, d->text))
			return true;
	return false;
}

static bool has_document(const struct push_plan *p, const struct digest *d)
{
	for (size_t i = 0; i < p->n_documents; i++)
		if (streq(p->documents[i].digest.text, d->text))
			return true;
	return false;
}

/* @from: taken over, but for those that are known */
static int take_blobs(struct push_plan *p, struct oci_descriptor *from, size_t n)
{
	struct push_blob *more = reallocarray(p->blobs, p->n_blobs + n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	p->blobs = more;
	for (size_t i = 0; i < n; i++) {
		if (has_blob(p, &from[i].digest))
			continue;
		more[p->n_blobs++] =
			(struct push_blob){ .desc = from[i],
					    .is_config = is_config(from[i].media_type) };
		from[i] = (struct oci_descriptor){ 0 };
	}
	return 0;
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

static int add_document(struct push_plan *p, struct document *doc)
{
	struct document *more =
		reallocarray(p->documents, p->n_documents + 1, sizeof(*p->documents));

	if (!more)
		return -ENOMEM;
	p->documents = more;
	more[p->n_documents++] = *doc;
	*doc = (struct document){ 0 };
	return 0;
}

static int visit(const struct walk *w, const struct digest *d, int depth, struct err *err)
{
	cleanup(document_reset) struct document doc = { .digest = *d };
	cleanup(oci_references_reset) struct oci_references refs = { 0 };
	int r = blob_read(w->st, d, &doc.text, err);

	if (r == 0)
		r = read_media_type(&doc, err);
	if (r == 0)
		r = oci_references_read(doc.text.data, doc.text.len, &refs, err);
	if (r == 0 && (depth == DEPTH_MAX || w->plan->n_documents >= DOCUMENTS_MAX))
		r = err_set(err, -EBADMSG,
			    "an index is nested more than %d deep, or leads to more than %d "
			    "documents",
			    DEPTH_MAX, DOCUMENTS_MAX);
	for (size_t i = 0; r == 0 && i < refs.n_documents; i++)
		if (!has_document(w->plan, &refs.documents[i].digest))
			r = visit(w, &refs.documents[i].digest, depth + 1, err);
	if (r < 0)
		return r;
	return take_blobs(w->plan, refs.blobs, refs.n_blobs) < 0 || add_document(w->plan, &doc) < 0
		       ? err_nomem(err)
		       : 0;
}

int push_plan_make(const struct store *st, const struct digest *root, struct push_plan *ret,
		   struct err *err)
{
	const struct walk w = { .st = st, .plan = ret };

	return visit(&w, root, 0, err);
}

/* Another repository of the registry that @rec is known to be in; owned. */
static char *repository_of(const struct reference *to, const struct record *rec)
{
	for (char **name = rec->im.repo_digests; name && *name; name++) {
		cleanup_reference struct reference *ref = NULL;

		if (reference_parse(*name, &ref, NULL) == 0 && streq(ref->registry, to->registry) &&
		    !streq(ref->repository, to->repository))
			return take_ptr(ref->repository);
	}
	return NULL;
}

static bool record_has_blob(const struct record *rec, const struct digest *d)
{
	for (size_t i = 0; i < rec->n_blobs; i++)
		if (streq(rec->blobs[i].text, d->text))
			return true;
	return false;
}

int push_plan_mounts(struct push_plan *p, const struct store *st, const struct reference *ref)
{
	const struct table *t = &st->table;

	for (size_t i = 0; i < t->n; i++) {
		cleanup_free char *repository = repository_of(ref, t->records[i]);

		for (size_t k = 0; repository && k < p->n_blobs; k++) {
			struct push_blob *b = &p->blobs[k];

			/* A config is small, and may have been made here. */
			if (b->is_config || b->mount_from ||
			    !record_has_blob(t->records[i], &b->desc.digest))
				continue;
			b->mount_from = strdup(repository);
			if (!b->mount_from)
				return -ENOMEM;
		}
	}
	return 0;
}

int push_plan_repositories(const struct push_plan *p, char ***ret)
{
	cleanup_strv char **found = NULL;

	for (size_t i = 0; i < p->n_blobs; i++) {
		const char *name = p->blobs[i].mount_from;

		if (name && !strv_has(found, name) && strv_add(&found, name) < 0)
			return -ENOMEM;
	}
	*ret = take_ptr(found);
	return 0;
}

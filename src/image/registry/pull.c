/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/fetch-layers.h"
#include "image/registry/fetch.h"
#include "image/registry/mirror.h"
#include "image/registry/pull-inner.h"
#include "image/registry/pull-whole.h"
#include "image/registry/trust.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/collect.h"
#include "image/store/install.h"
#include "image/store/progress.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/index.h"
#include "oci/manifest.h"

/*
 * Theory of operation: the reference is resolved, through indexes, to the manifest of one platform;
 * from there on store_install() gets what is missing.  Everything this pull relies on is pinned
 * before its presence is checked, so a removal meanwhile takes nothing away.
 *
 * The registry is hostile: an index may point to indexes only so often, and each document must
 * have the size, digest and media type that were announced.
 */

#define INDEX_DEPTH_MAX 3

struct pull {
	const struct image_pull *in;
	const struct reference *ref;
	const struct platform *platform;
	bool all_platforms;
	struct fetcher fetcher;
	struct fetch_layers *layers; /* while they are fetched */
	struct oci_descriptor manifest;
	struct digest index;
	bool is_whole;	   /* the index is stored, with all it leads to */
	char **tags;	   /* the full reference; NULL when pulled by digest */
	char *repo_digest; /* made from the answer */
	char **verified;   /* proofs of its signatures; NULL: none were demanded */
};

static void pull_reset(struct pull *p)
{
	oci_descriptor_reset(&p->manifest);
	strv_free(p->tags);
	free(p->repo_digest);
	strv_free(p->verified);
}

/* Goes one step down an index: @at becomes the entry for the platform. */
static int descend_index(const struct pull *p, const struct document *doc,
			 struct oci_descriptor *at, struct err *err)
{
	cleanup_oci_index struct oci_index *ix = NULL;
	const struct oci_descriptor *chosen;
	char *media_type;
	int r = oci_index_parse(doc->text.data, doc->text.len, &ix, err);

	if (r == 0)
		r = oci_index_select(ix, p->platform, &chosen, err);
	if (r < 0)
		return r;
	media_type = strdup(chosen->media_type);
	if (!media_type)
		return err_nomem(err);
	free(at->media_type);
	at->media_type = media_type;
	at->digest = chosen->digest;
	at->size_bytes = chosen->size_bytes;
	at->has_platform = chosen->has_platform;
	at->platform = chosen->platform;
	return 0;
}

int pull_check_announced(const struct document *doc, const struct oci_descriptor *at,
			 struct err *err)
{
	if (doc->text.len != at->size_bytes)
		return err_set(err, -EBADMSG, "%.19s has %zu bytes, but %llu were announced",
			       at->digest.text, doc->text.len, (unsigned long long)at->size_bytes);
	if (!streq(doc->media_type, at->media_type))
		return err_set(err, -EBADMSG, "%.19s is of type %.100s, but %.100s was announced",
			       at->digest.text, doc->media_type, at->media_type);
	return 0;
}

static int keep_manifest(struct pull *p, struct document *doc, struct err *err)
{
	struct digest stored;
	int r = blob_put(p->fetcher.work, doc->text.data, doc->text.len, &stored, err);

	if (r < 0)
		return r;
	free(p->manifest.media_type);
	p->manifest.media_type = take_ptr(doc->media_type);
	p->manifest.digest = stored;
	p->manifest.size_bytes = doc->text.len;
	return 0;
}

static int keep_whole(struct pull *p, const struct document *index, struct err *err)
{
	int r = pull_whole(&p->fetcher, index, err);

	p->is_whole = r == 0;
	return r;
}

static int report_begin(const struct pull *p, struct err *err)
{
	cleanup_free char *from = str_printf("Pulling from %s", p->ref->repository);

	if (!from)
		return err_nomem(err);
	progress_report(&p->fetcher.guard->guarded, p->ref->tag ? p->ref->tag : p->ref->digest.text,
			from, 0, 0);
	return 0;
}

/* Resolves the reference.  Nothing is reported or stored before the document is as signed as it
 * must be. */
static int resolve_root(struct pull *p, const struct document *doc, struct err *err)
{
	int r = trust_check(&p->fetcher, p->in, &doc->text, &p->verified, err);

	p->index = doc->digest;
	return r == 0 ? report_begin(p, err) : r;
}

static int resolve_manifest(struct pull *p, struct err *err)
{
	const char *name = digest_is_set(&p->ref->digest) ? p->ref->digest.text : p->ref->tag;

	for (int depth = 0; depth <= INDEX_DEPTH_MAX; depth++) {
		cleanup(document_reset) struct document doc = { 0 };
		int r = registry_manifest(p->fetcher.reg, p->fetcher.http, name, &doc, err);

		if (r == 0 && depth > 0)
			r = pull_check_announced(&doc, &p->manifest, err);
		else if (r == 0)
			r = resolve_root(p, &doc, err);
		if (r < 0)
			return r;
		if (!oci_is_index(doc.media_type))
			return keep_manifest(p, &doc, err);
		r = descend_index(p, &doc, &p->manifest, err);
		if (r == 0 && depth == 0 && p->all_platforms)
			r = keep_whole(p, &doc, err);
		if (r < 0)
			return r;
		name = p->manifest.digest.text;
	}
	return err_set(err, -EBADMSG, "indexes are nested more than %d deep", INDEX_DEPTH_MAX);
}

static int source_blob(void *arg, const struct oci_descriptor *d, struct err *err)
{
	const struct pull *p = arg;

	return fetch_blob(&p->fetcher, d, err);
}

static int source_open(void *arg, const struct oci_manifest *m, struct flatten_layer *layers,
		       struct err *err)
{
	struct pull *p = arg;

	return fetch_layers_open(&p->fetcher, m, layers, &p->layers, err);
}

static int source_bring(void *arg, bool (*is_over)(void *over), void *over, struct err *err)
{
	struct pull *p = arg;

	return fetch_layers_run(p->layers, is_over, over, err);
}

static void source_close(void *arg)
{
	struct pull *p = arg;

	fetch_layers_close(take_ptr(p->layers));
}

static int name_result(struct pull *p, struct err *err)
{
	const struct reference *ref = p->ref;

	if (!digest_is_set(&ref->digest)) {
		cleanup_free char *full = reference_full(ref);

		if (!full || strv_add(&p->tags, full) < 0)
			return err_nomem(err);
	}
	p->repo_digest = str_printf("%s/%s@%s", ref->registry, ref->repository, p->index.text);
	return p->repo_digest ? 0 : err_nomem(err);
}

/* The image that had the name before. */
struct former {
	struct digest id;    /* of the image; unset when there was none */
	struct digest index; /* in the registry; may be unset */
};

static struct former find_current(struct store *st, const struct pull *p)
{
	LOCK_STORE(st);

	for (size_t i = 0; i < st->table.n; i++) {
		const struct image *im = &st->table.records[i]->im;

		if (p->tags ? strv_has(im->tags, p->tags[0])
			    : strv_has(im->repo_digests, p->repo_digest))
			return (struct former){ im->config, im->index };
	}
	return (struct former){ 0 };
}

static void report_text(const struct progress *p, char *owned_text)
{
	if (owned_text)
		progress_report(p, NULL, owned_text, 0, 0);
	free(owned_text);
}

/* In a reference with a tag and a digest, the digest counts.  Reports if the tag means something
 * else by now, where the registry tells. */
static void report_moved_tag(const struct pull *p, const struct progress *progress)
{
	const struct reference *ref = p->ref;
	struct digest now;

	if (!ref->tag || !digest_is_set(&ref->digest) ||
	    registry_tag_digest(p->fetcher.reg, p->fetcher.http, ref->tag, &now) < 0 ||
	    streq(now.text, ref->digest.text))
		return;
	report_text(progress, str_printf("The tag %s has moved: it is %s now", ref->tag, now.text));
}

static void report_end(const struct pull *p, const char *name, const struct former *before,
		       const struct image *im)
{
	const struct progress *progress = &p->fetcher.guard->guarded;
	bool current = streq(before->id.text, im->config.text);

	report_text(progress, str_printf("Digest: %s", p->index.text));
	if (p->tags && digest_is_set(&before->index) && !streq(before->index.text, p->index.text))
		report_text(progress, str_printf("%s has moved: it was %s, and is %s now", name,
						 before->index.text, p->index.text));
	report_moved_tag(p, progress);
	report_text(progress,
		    str_printf("Status: %s for %s",
			       current ? "Image is up to date" : "Downloaded newer image", name));
}

static int run_pull(struct pull *p, const char *name, struct image **ret, struct err *err)
{
	const struct progress *progress = &p->fetcher.guard->guarded;
	const struct source source = { .blob = source_blob,
				       .open = source_open,
				       .bring = source_bring,
				       .close = source_close,
				       .arg = p };
	struct install in = {
		.manifest = &p->manifest,
		.platform = p->platform,
		.source = &source,
		.index = &p->index,
		.progress = progress,
	};
	struct former before;
	int r = resolve_manifest(p, err);

	if (r == 0)
		r = name_result(p, err);
	if (r < 0)
		return r;
	in.is_whole = p->is_whole;
	in.tags = p->tags;
	in.repo_digest = p->repo_digest;
	in.verified = p->verified;
	before = find_current(p->fetcher.work->st, p);
	r = store_install(p->fetcher.work, &in, ret, err);
	if (r == 0)
		report_end(p, name, &before, *ret);
	return r;
}

/* Does a failure leave content that the next try can use? */
static bool is_worth_keeping(int r)
{
	return r == -ECONNRESET || r == -ETIMEDOUT || r == -ECANCELED || r == -EPROTO;
}

static int run_pinned(struct pull *p, struct store *st, const char *name, struct image **ret,
		      struct err *err)
{
	struct work work;
	int r;

	work_begin(&work, st);
	p->fetcher.work = &work;
	r = run_pull(p, name, ret, err);
	work_end(&work);
	if (r < 0 && !is_worth_keeping(r)) {
		LOCK_STORE(st);
		store_collect(st);
	}
	return r;
}

static unsigned count_downloads(const struct image_pull *in)
{
	const struct settings *s = in->access.settings;

	if (in->max_downloads)
		return in->max_downloads;
	return s && s->max_downloads ? s->max_downloads : PULL_DOWNLOADS;
}

int store_pull(struct store *st, const struct image_pull *in, const struct progress *progress,
	       struct image **ret, struct err *err)
{
	cleanup(pull_reset) struct pull p = { .in = in,
					      .ref = in->ref,
					      .platform = in->platform,
					      .all_platforms = in->all_platforms };
	cleanup(progress_guard_destroy) struct progress_guard guard;
	cleanup_registry struct registry *reg = NULL;
	cleanup_http struct http *http = NULL;
	cleanup_free char *name = reference_familiar(in->ref);
	int r;

	progress_guard_init(&guard, progress);
	if (!name || http_new(&guard.guarded, in->access.settings, &http) < 0)
		return err_nomem(err);
	r = registry_new(in->ref, &in->access, &reg, err);
	p.fetcher = (struct fetcher){
		.reg = reg, .http = http, .guard = &guard, .max_downloads = count_downloads(in)
	};
	if (r == 0)
		r = run_pinned(&p, st, name, ret, err);
	if (r < 0)
		err_wrap(err, "pull %s", name);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "image/registry/upload.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/find.h"
#include "image/store/index.h"
#include "image/store/install.h"
#include "image/store/progress.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "oci/manifest.h"

/*
 * Theory of operation: what belongs to the image is pinned first, so a removal meanwhile takes
 * nothing away.  Layers and config go before the manifest that names them: a push that ends early
 * leaves blobs that nothing in the registry refers to.  Where the store knows another repository of
 * the same registry that a layer came from, the registry is asked to take it over from there.
 *
 * The manifest was checked when it came in.
 */

#define REPORT_EVERY_USEC (100 * USEC_PER_MSEC)

struct push {
	const struct reference *ref;
	const struct progress *progress;
	struct work work;
	struct registry *reg;
	struct http *http;
	struct digest stored;	  /* the manifest in the store, which the table knows it by */
	struct document manifest; /* the one to be pushed */
	struct oci_manifest *parts;
	char *mount_from; /* repository; NULL: none */
};

static void push_reset(struct push *p)
{
	document_reset(&p->manifest);
	oci_manifest_free(p->parts);
	registry_free(p->reg);
	http_free(p->http);
	free(p->mount_from);
}

static bool has_layer_of(const struct record *rec, const struct record *other)
{
	for (size_t i = 2; i < rec->n_blobs; i++)
		for (size_t k = 2; k < other->n_blobs; k++)
			if (streq(rec->blobs[i].text, other->blobs[k].text))
				return true;
	return false;
}

/* Another repository of this registry that @other is known to be in; owned; NULL: none. */
static char *repository_of(const struct push *p, const struct record *other)
{
	for (char **name = other->im.repo_digests; name && *name; name++) {
		cleanup_reference struct reference *ref = NULL;

		if (reference_parse(*name, &ref, NULL) == 0 &&
		    streq(ref->registry, p->ref->registry) &&
		    !streq(ref->repository, p->ref->repository))
			return take_ptr(ref->repository);
	}
	return NULL;
}

static void find_mount(struct push *p, const struct record *rec)
{
	const struct table *t = &p->work.st->table;

	for (size_t i = 0; !p->mount_from && i < t->n; i++)
		if (has_layer_of(rec, t->records[i]))
			p->mount_from = repository_of(p, t->records[i]);
}

/* Finds and pins.  @ret: digest of the manifest to be pushed. */
static int find_pushed(struct push *p, const char *name, struct digest *ret, struct err *err)
{
	LOCK_STORE(p->work.st);
	const struct record *rec;
	struct match m;
	int r = table_lookup(&p->work.st->table, name, &m, err);

	if (r < 0)
		return r;
	match_reset(&m);
	rec = p->work.st->table.records[m.i];
	for (size_t i = 0; i < rec->n_blobs; i++)
		if (work_pin_locked(&p->work, &rec->blobs[i]) < 0)
			return err_nomem(err);
	p->stored = rec->im.manifest;
	*ret = digest_is_set(&rec->im.original) ? rec->im.original : rec->im.manifest;
	find_mount(p, rec);
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
	doc->media_type = strdup(type ? type : MEDIA_OCI_MANIFEST);
	return doc->media_type ? 0 : err_nomem(err);
}

static int read_manifest(struct push *p, const char *name, struct err *err)
{
	int r = find_pushed(p, name, &p->manifest.digest, err);

	if (r == 0)
		r = blob_read(p->work.st, &p->manifest.digest, &p->manifest.text, err);
	if (r == -ENOENT && !streq(p->manifest.digest.text, p->stored.text)) {
		p->manifest.digest = p->stored;
		r = blob_read(p->work.st, &p->stored, &p->manifest.text, err);
	}
	if (r == 0)
		r = read_media_type(&p->manifest, err);
	return r < 0 ? r
		     : oci_manifest_parse(p->manifest.text.data, p->manifest.text.len, &p->parts,
					  err);
}

struct blob_upload {
	const struct progress *progress; /* NULL for the config, of which none is shown */
	uint64_t total_bytes;
	uint64_t reported_usec;
	char id[13];
};

static void report_sent(void *arg, uint64_t bytes)
{
	struct blob_upload *u = arg;
	uint64_t now = clock_mono_usec();

	if (bytes == 0 || now - u->reported_usec < REPORT_EVERY_USEC)
		return;
	u->reported_usec = now;
	progress_report(u->progress, u->id, "Pushing", bytes, u->total_bytes);
}

static int upload_blob(struct push *p, const struct oci_descriptor *d, struct blob_upload *u,
		       struct err *err)
{
	cleanup_close int fd = blob_open(p->work.st, &d->digest, d->size_bytes);
	const struct http_body body = { .type = "application/octet-stream",
					.fd = fd,
					.len = d->size_bytes,
					.sent = report_sent,
					.arg = u };
	int r;

	if (fd < 0)
		return err_errno(err, fd, "blob %s", d->digest.text);
	r = registry_put_blob(p->reg, p->http, &d->digest, &body, err);
	if (r == 0)
		progress_report(u->progress, u->id, "Pushed", 0, 0);
	return r;
}

static int push_blob(struct push *p, const struct oci_descriptor *d, bool is_layer, struct err *err)
{
	struct blob_upload u = { .progress = is_layer ? p->progress : NULL,
				 .total_bytes = d->size_bytes };
	cleanup_free char *mounted = NULL;
	int r;

	short_id(&d->digest, u.id);
	if (is_layer && d->urls && oci_layer_is_foreign(d->media_type)) {
		progress_report(u.progress, u.id, "Skipped foreign layer", 0, 0);
		return 0;
	}
	r = registry_has_blob(p->reg, p->http, &d->digest, err);
	if (r == 1)
		progress_report(u.progress, u.id, "Layer already exists", 0, 0);
	/* A config is not what a layer's repository is known to have. */
	if (r == 0 && is_layer && p->mount_from) {
		r = registry_mount_blob(p->reg, p->http, &d->digest, err);
		mounted = r == 1 ? str_printf("Mounted from %s", p->mount_from) : NULL;
		if (mounted)
			progress_report(u.progress, u.id, mounted, 0, 0);
	}
	return r == 0 ? upload_blob(p, d, &u, err) : r < 0 ? r : 0;
}

static int push_blobs(struct push *p, struct err *err)
{
	const struct oci_manifest *m = p->parts;
	char id[13];
	int r = 0;

	for (size_t i = 0; i < m->n_layers; i++) {
		short_id(&m->layers[i].digest, id);
		progress_report(p->progress, id, "Preparing", 0, 0);
	}
	for (size_t i = 0; r == 0 && i < m->n_layers; i++)
		r = push_blob(p, &m->layers[i], true, err);
	return r == 0 ? push_blob(p, &m->config, false, err) : r;
}

/* The registry knows the image by this digest now. */
static int note_pushed(struct push *p, struct err *err)
{
	cleanup_free char *name = str_printf("%s/%s@%s", p->ref->registry, p->ref->repository,
					     p->manifest.digest.text);
	cleanup(table_reset) struct table next = { 0 };
	struct record *rec;
	ssize_t i;

	LOCK_STORE(p->work.st);
	if (!name || table_copy(&p->work.st->table, &next) < 0)
		return err_nomem(err);
	i = table_find(&next, &p->stored);
	if (i < 0 || strv_has(next.records[i]->im.repo_digests, name))
		return 0;
	rec = table_edit(&next, (size_t)i);
	if (!rec || strv_add(&rec->im.repo_digests, name) < 0)
		return err_nomem(err);
	return table_commit(p->work.st, &next, err);
}

static int report_end(const struct push *p, struct pushed *ret, struct err *err)
{
	cleanup_free char *status = str_printf("%s: digest: %s size: %zu", p->ref->tag,
					       p->manifest.digest.text, p->manifest.text.len);

	if (!status)
		return err_nomem(err);
	progress_report(p->progress, NULL, status, 0, 0);
	*ret = (struct pushed){ p->manifest.digest, p->manifest.text.len };
	return 0;
}

static int run_push(struct push *p, const struct registry_access *access, struct pushed *ret,
		    struct err *err)
{
	cleanup_free char *full = reference_full(p->ref);
	cleanup_free char *to = str_printf("The push refers to repository [%s/%s]",
					   p->ref->registry, p->ref->repository);
	int r = full && to && http_new(p->progress, access->settings, &p->http) == 0
			? 0
			: err_nomem(err);

	if (r == 0)
		r = read_manifest(p, full, err);
	if (r == 0)
		r = registry_new(p->ref, access, &p->reg, err);
	if (r == 0 && registry_allow_push(p->reg, p->mount_from) < 0)
		r = err_nomem(err);
	if (r < 0)
		return r;
	progress_report(p->progress, NULL, to, 0, 0);
	r = push_blobs(p, err);
	if (r == 0)
		r = registry_put_manifest(p->reg, p->http, p->ref->tag, &p->manifest, err);
	if (r == 0)
		r = note_pushed(p, err);
	return r == 0 ? report_end(p, ret, err) : r;
}

int store_push(struct store *st, const struct reference *ref, const struct registry_access *access,
	       const struct progress *progress, struct pushed *ret, struct err *err)
{
	cleanup(push_reset) struct push p = { .ref = ref, .progress = progress };
	cleanup_free char *name = reference_familiar(ref);
	int r;

	if (!name)
		return err_nomem(err);
	if (digest_is_set(&ref->digest) || !ref->tag)
		return err_set(err, -EINVAL,
			       "push %s: an image is pushed under a tag, not under a digest", name);
	work_begin(&p.work, st);
	r = run_push(&p, access, ret, err);
	work_end(&p.work);
	if (r < 0)
		err_wrap(err, "push %s", name);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/push-blobs.h"
#include "image/registry/upload.h"
#include "image/store/claim.h"
#include "image/store/find.h"
#include "image/store/index.h"
#include "image/store/install.h"
#include "image/store/progress.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/whole.h"

/*
 * Theory of operation: what belongs to the image is pinned first, so a removal meanwhile takes
 * nothing away.  Blobs go before the manifests that name them, and those before their index: a push
 * that ends early leaves blobs that nothing in the registry refers to.  Where the store knows
 * another repository of the same registry that a layer came from, the registry is asked to take it
 * over from there.
 *
 * The documents were checked when they came in.
 */

struct push {
	const struct image_push *in;
	struct work work;
	struct progress_guard guard;
	struct registry *reg;
	struct http *http;
	struct digest stored;	/* the manifest's digest in the store's table */
	struct digest original; /* what @stored was made from; may be missing, or unset */
	struct push_plan plan;
};

static void push_reset(struct push *p)
{
	push_plan_reset(&p->plan);
	registry_free(p->reg);
	http_free(p->http);
	progress_guard_destroy(&p->guard);
}

/* Chooses the document that gets the tag. */
static int choose_root(const struct push *p, const struct record *rec, struct digest *ret,
		       struct err *err)
{
	const struct image *im = &rec->im;

	if (p->in->all_platforms)
		return record_root(rec, ret, err);
	*ret = digest_is_set(&im->original) ? im->original : im->manifest;
	return 0;
}

/* Finds the image and pins it.  @ret: digest of the document to push. */
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
	p->original = rec->im.original;
	return choose_root(p, rec, ret, err);
}

static int make_plan(struct push *p, const char *name, struct err *err)
{
	struct digest root;
	int r = find_pushed(p, name, &root, err);

	if (r < 0)
		return r;
	r = push_plan_make(p->work.st, &root, &p->plan, err);
	if (r == -ENOENT && streq(root.text, p->original.text)) {
		push_plan_reset(&p->plan);
		r = push_plan_make(p->work.st, &p->stored, &p->plan, err);
	}
	if (r < 0)
		return r;
	LOCK_STORE(p->work.st);
	return push_plan_mounts(&p->plan, p->work.st, p->in->ref) < 0 ? err_nomem(err) : 0;
}

/* Notes that the registry has the image by this digest now. */
static int note_pushed(struct push *p, struct err *err)
{
	const struct reference *ref = p->in->ref;
	cleanup_free char *name = str_printf("%s/%s@%s", ref->registry, ref->repository,
					     push_plan_root(&p->plan)->digest.text);
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
	const struct document *root = push_plan_root(&p->plan);
	cleanup_free char *status = str_printf("%s: digest: %s size: %zu", p->in->ref->tag,
					       root->digest.text, root->text.len);

	if (!status)
		return err_nomem(err);
	progress_report(&p->guard.guarded, NULL, status, 0, 0);
	*ret = (struct pushed){ root->digest, root->text.len };
	return 0;
}

static int put_documents(struct push *p, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->plan.what.n_documents; i++) {
		const struct document *doc = &p->plan.what.documents[i];
		bool is_root = doc == push_plan_root(&p->plan);

		r = registry_put_manifest(p->reg, p->http,
					  is_root ? p->in->ref->tag : doc->digest.text, doc, err);
	}
	return r;
}

static unsigned count_uploads(const struct image_push *in)
{
	const struct settings *s = in->access.settings;

	if (in->max_uploads)
		return in->max_uploads;
	return s && s->max_uploads ? s->max_uploads : PUSH_UPLOADS;
}

static int bring_image(struct push *p, struct err *err)
{
	const struct pusher pusher = { .st = p->work.st,
				       .reg = p->reg,
				       .http = p->http,
				       .guard = &p->guard,
				       .max_uploads = count_uploads(p->in) };
	int r = push_blobs(&pusher, &p->plan, err);

	if (r == 0)
		r = put_documents(p, err);
	return r == 0 ? note_pushed(p, err) : r;
}

static int run_push(struct push *p, struct pushed *ret, struct err *err)
{
	const struct reference *ref = p->in->ref;
	cleanup_free char *full = reference_full(ref);
	cleanup_free char *to =
		str_printf("The push refers to repository [%s/%s]", ref->registry, ref->repository);
	int r = full && to && http_new(&p->guard.guarded, p->in->access.settings, &p->http) == 0
			? 0
			: err_nomem(err);

	if (r == 0)
		r = make_plan(p, full, err);
	if (r == 0)
		r = registry_new(ref, &p->in->access, &p->reg, err);
	if (r < 0)
		return r;
	progress_report(&p->guard.guarded, NULL, to, 0, 0);
	r = bring_image(p, err);
	return r == 0 ? report_end(p, ret, err) : r;
}

int store_push(struct store *st, const struct image_push *in, const struct progress *progress,
	       struct pushed *ret, struct err *err)
{
	cleanup_free char *name = reference_familiar(in->ref);
	struct push p = { .in = in };
	int r;

	if (!name)
		return err_nomem(err);
	if (digest_is_set(&in->ref->digest) || !in->ref->tag)
		return err_set(err, -EINVAL,
			       "push %s: an image is pushed under a tag, not under a digest", name);
	progress_guard_init(&p.guard, progress);
	work_begin(&p.work, st);
	r = run_push(&p, ret, err);
	work_end(&p.work);
	push_reset(&p);
	if (r < 0)
		err_wrap(err, "push %s", name);
	return r;
}

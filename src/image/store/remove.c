/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/find.h"
#include "image/store/index.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/table.h"

/*
 * Theory of operation: a removal takes names away; an image that loses its last name goes, with the
 * content that nothing else refers to.  Whether containers use it is asked without the lock held,
 * so the removal is tried again from the start after the answer, in case the table changed
 * meanwhile.
 */

void removal_reset(struct removal *r)
{
	strv_free(r->untagged);
	strv_free(r->deleted);
	*r = (struct removal){ 0 };
}

/* One removal: the new table, and what it does. */
struct plan {
	struct table next;
	struct digest dies; /* manifest; unset when the image stays */
	struct removal done;
};

static void plan_reset(struct plan *p)
{
	table_reset(&p->next);
	removal_reset(&p->done);
}

static int note_untagged(struct plan *p, const char *name)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *familiar = NULL;

	if (reference_parse(name, &ref, NULL) == 0)
		familiar = reference_familiar(ref);
	return strv_add(&p->done.untagged, familiar ? familiar : name);
}

static int drop_image(struct plan *p, size_t i)
{
	const struct image *im = &p->next.records[i]->im;
	int r = 0;

	for (char **name = im->tags; r == 0 && name && *name; name++)
		r = note_untagged(p, *name);
	for (char **name = im->repo_digests; r == 0 && name && *name; name++)
		r = note_untagged(p, *name);
	if (r == 0)
		r = strv_add(&p->done.deleted, im->config.text);
	if (r < 0)
		return r;
	p->dies = im->manifest;
	table_drop(&p->next, i);
	return 0;
}

static int drop_name(struct plan *p, size_t i, const char *name)
{
	struct record *rec = table_edit(&p->next, i);

	if (!rec)
		return -ENOMEM;
	strv_remove(rec->im.tags, name);
	strv_remove(rec->im.repo_digests, name);
	return note_untagged(p, name);
}

static int make_plan(struct store *st, const char *name, bool force, struct plan *p,
		     struct err *err)
{
	const struct image *im;
	struct match m;
	size_t n_tags;
	int r = table_lookup(&st->table, name, &m, err);

	if (r < 0)
		return r;
	im = &st->table.records[m.i]->im;
	n_tags = strv_len(im->tags);
	if (m.by_id && n_tags > 1 && !force)
		return err_set(
			err, -EBUSY,
			"conflict: unable to delete %.12s (must be forced) - image is referenced "
			"by %zu tags",
			digest_hex(&im->config), n_tags);
	r = table_copy(&st->table, &p->next);
	if (r == 0 && !m.by_id && n_tags > (strv_has(im->tags, m.name) ? 1 : 0))
		r = drop_name(p, m.i, m.name);
	else if (r == 0)
		r = drop_image(p, m.i);
	match_reset(&m);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* Return: 0 when done; 1 when somebody must say whether @ret_ask is in use; -errno. */
static int try_remove(struct store *st, const char *name, bool force, struct digest *cleared,
		      struct plan *p, struct err *err)
{
	LOCK_STORE(st);
	int r = make_plan(st, name, force, p, err);

	if (r < 0)
		return r;
	if (digest_is_set(&p->dies) && !streq(p->dies.text, cleared->text)) {
		*cleared = p->dies;
		return 1;
	}
	if (digest_is_set(&p->dies))
		return table_commit_and_collect(st, &p->next, err);
	return table_commit(st, &p->next, err);
}

int store_remove(struct store *st, const char *name, bool force,
		 bool (*in_use)(const struct digest *manifest, void *arg), void *arg,
		 struct removal *ret, struct err *err)
{
	struct digest asked = { 0 };
	int r;

	do {
		cleanup(plan_reset) struct plan p = { 0 };

		r = try_remove(st, name, force, &asked, &p, err);
		if (r == 0)
			*ret = p.done;
		if (r == 0)
			p.done = (struct removal){ 0 };
		if (r == 1 && in_use && in_use(&asked, arg))
			return err_set(
				err, -EBUSY,
				"conflict: unable to delete %.300s (cannot be forced) - image is "
				"used by a container: remove the container first",
				name);
	} while (r == 1);
	return r;
}

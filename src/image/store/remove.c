/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "image/store/find.h"
#include "image/store/index.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/table.h"

/*
 * Theory of operation: a removal takes names away; an image that loses its last name is removed,
 * with content that nothing else refers to, or it stays without a name for the containers that use
 * it.  They are counted with the lock held.  A new container is counted before it asks, by
 * store_has(), whether its image is still there; so either the removal sees the container, or the
 * container sees that its image is gone.
 */

void removal_reset(struct removal *r)
{
	strv_free(r->untagged);
	strv_free(r->deleted);
	*r = (struct removal){ 0 };
}

/* A removal: what is asked for, the new table, and what changes in it. */
struct plan {
	const char *name;
	bool force;
	struct table next;
	size_t i; /* index of the image */
	bool by_id;
	bool loses_all; /* does the image lose all its names? */
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

static int note_all_untagged(struct plan *p, const struct image *im)
{
	int r = 0;

	for (char **name = im->tags; r == 0 && name && *name; name++)
		r = note_untagged(p, *name);
	for (char **name = im->repo_digests; r == 0 && name && *name; name++)
		r = note_untagged(p, *name);
	return r;
}

static int drop_name(struct plan *p, const char *name)
{
	struct record *rec = table_edit(&p->next, p->i);

	if (!rec)
		return -ENOMEM;
	strv_remove(rec->im.tags, name);
	strv_remove(rec->im.repo_digests, name);
	return note_untagged(p, name);
}

static int make_plan(struct store *st, struct plan *p, struct err *err)
{
	const struct image *im;
	struct match m;
	size_t n_tags;
	int r = table_lookup(&st->table, p->name, &m, err);

	if (r < 0)
		return r;
	im = &st->table.records[m.i]->im;
	n_tags = strv_len(im->tags);
	if (m.by_id && n_tags > 1 && !p->force)
		return err_set(
			err, -EBUSY,
			"conflict: unable to delete %.12s (must be forced) - image is referenced "
			"by %zu tags",
			digest_hex(&im->config), n_tags);
	p->i = m.i;
	p->by_id = m.by_id;
	p->loses_all = m.by_id || n_tags <= (strv_has(im->tags, m.name) ? 1 : 0);
	r = table_copy(&st->table, &p->next);
	if (r == 0)
		r = p->loses_all ? note_all_untagged(p, im) : drop_name(p, m.name);
	match_reset(&m);
	return r < 0 ? err_nomem(err) : 0;
}

/* May an image that containers use lose its last name?  Docker's rules decide. */
static int check_users(const struct plan *p, const struct image_users *users, struct err *err)
{
	const char *id = digest_hex(&p->next.records[p->i]->im.config);

	if (!p->by_id && !p->force)
		return err_set(err, -EBUSY,
			       "conflict: unable to remove repository reference \"%.300s\" (must "
			       "force) - a container is using its referenced image %.12s",
			       p->name, id);
	if (p->by_id && users->running > 0)
		return err_set(err, -EBUSY,
			       "conflict: unable to delete %.12s (cannot be forced) - image is "
			       "being used by a running container",
			       id);
	if (p->by_id && !p->force)
		return err_set(err, -EBUSY,
			       "conflict: unable to delete %.12s (must be forced) - image is being "
			       "used by a stopped container",
			       id);
	if (!p->done.untagged)
		return err_set(err, -EBUSY,
			       "conflict: unable to delete %.12s (cannot be forced) - image is "
			       "used by a container: remove the container first",
			       id);
	return 0;
}

static int keep_nameless(struct store *st, struct plan *p, struct err *err)
{
	struct record *rec = table_edit(&p->next, p->i);

	if (!rec)
		return err_nomem(err);
	strv_free(take_ptr(rec->im.tags));
	strv_free(take_ptr(rec->im.repo_digests));
	return table_commit(st, &p->next, err);
}

static int drop_image(struct store *st, struct plan *p, struct err *err)
{
	if (strv_add(&p->done.deleted, p->next.records[p->i]->im.config.text) < 0)
		return err_nomem(err);
	table_drop(&p->next, p->i);
	return table_commit_and_collect(st, &p->next, err);
}

static int take_last_name(struct store *st, struct plan *p, const struct image_users *users,
			  struct err *err)
{
	int r;

	if (users->all == 0)
		return drop_image(st, p, err);
	r = check_users(p, users, err);
	return r < 0 ? r : keep_nameless(st, p, err);
}

int store_remove(struct store *st, const char *name, bool force,
		 struct image_users (*count)(const struct digest *manifest, void *arg), void *arg,
		 struct removal *ret, struct err *err)
{
	cleanup(plan_reset) struct plan p = { .name = name, .force = force };
	struct image_users users = { 0 };
	LOCK_STORE(st);
	int r = make_plan(st, &p, err);

	if (r == 0 && p.loses_all && count)
		users = count(&p.next.records[p.i]->im.manifest, arg);
	if (r == 0)
		r = p.loses_all ? take_last_name(st, &p, &users, err)
				: table_commit(st, &p.next, err);
	if (r < 0)
		return r;
	*ret = p.done;
	p.done = (struct removal){ 0 };
	return 0;
}

bool store_has(struct store *st, const struct digest *manifest)
{
	LOCK_STORE(st);

	return table_find(&st->table, manifest) >= 0;
}

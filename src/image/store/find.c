/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/str.h"
#include "image/store/index.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "image/store/table.h"

/*
 * Theory of operation: a name is looked up in docker's order: a whole id, a tag or a repository
 * digest, and only then the beginning of an id.
 *
 * Names come from the API's users.
 */

void match_reset(struct match *m)
{
	free(m->name);
	m->name = NULL;
}

static int no_such_image(const char *name, struct err *err)
{
	return err_set(err, -ENOENT, "No such image: %.300s", name);
}

static int find_id(const struct table *t, const char *hex, struct match *ret, struct err *err)
{
	const struct image *found = NULL;
	size_t n = strlen(hex);

	for (size_t i = 0; i < t->n; i++) {
		const struct image *im = &t->records[i]->im;

		if (n == 0 || strncmp(digest_hex(&im->config), hex, n) != 0)
			continue;
		if (found && !streq(found->config.text, im->config.text))
			return err_set(err, -EEXIST, "image id %s is ambiguous: give more digits",
				       hex);
		if (!found)
			*ret = (struct match){ .i = i, .by_id = true };
		found = im;
	}
	return found ? 0 : no_such_image(hex, err);
}

static bool has_tag_in(const struct image *im, const char *repository)
{
	size_t n = strlen(repository);

	for (char **tag = im->tags; tag && *tag; tag++)
		if (strncmp(*tag, repository, n) == 0 && (*tag)[n] == ':')
			return true;
	return false;
}

static bool image_matches(const struct image *im, const struct reference *ref,
			  const char *repository, const char *full)
{
	if (!digest_is_set(&ref->digest))
		return strv_has(im->tags, full);
	return strv_has(im->repo_digests, full) || ((streq(im->manifest.text, ref->digest.text) ||
						     streq(im->original.text, ref->digest.text)) &&
						    has_tag_in(im, repository));
}

/* A digest in a name makes its tag irrelevant, as with docker. */
static int find_reference(const struct table *t, struct reference *ref, struct match *ret,
			  struct err *err)
{
	cleanup_free char *familiar = reference_familiar(ref);
	cleanup_free char *repository = str_printf("%s/%s", ref->registry, ref->repository);
	cleanup_free char *full = NULL;

	if (digest_is_set(&ref->digest)) {
		free(ref->tag);
		ref->tag = NULL;
	}
	full = reference_full(ref);
	if (!familiar || !repository || !full)
		return err_nomem(err);
	for (size_t i = 0; i < t->n; i++) {
		if (!image_matches(&t->records[i]->im, ref, repository, full))
			continue;
		*ret = (struct match){ .i = i, .name = take_ptr(full) };
		return 0;
	}
	return no_such_image(familiar, err);
}

int table_lookup(const struct table *t, const char *name, struct match *ret, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	const char *hex = str_starts(name, "sha256:");
	int r;

	if (!hex)
		hex = str_starts(name, "sha512:");
	if (!hex && strlen(name) == DIGEST_HEX_LEN && hex_is_lower(name, DIGEST_HEX_LEN))
		hex = name;
	if (hex)
		return find_id(t, hex, ret, err);
	r = reference_parse(name, &ref, err);
	if (r == 0)
		r = find_reference(t, ref, ret, err);
	if (r == 0 || r == -ENOMEM || strspn(name, "0123456789abcdef") != strlen(name))
		return r;
	return find_id(t, name, ret, err);
}

int store_resolve(struct store *st, const char *name, struct image **ret, char **ret_name,
		  struct err *err)
{
	LOCK_STORE(st);
	struct match m;
	struct image *copy;
	int r = table_lookup(&st->table, name, &m, err);

	if (r < 0)
		return r;
	copy = image_copy(&st->table.records[m.i]->im);
	if (!copy) {
		match_reset(&m);
		return err_nomem(err);
	}
	*ret_name = take_ptr(m.name);
	*ret = copy;
	return 0;
}

int store_find(struct store *st, const char *name, struct image **ret, struct err *err)
{
	cleanup_free char *full = NULL;

	return store_resolve(st, name, ret, &full, err);
}

static int check_target(const char *target, char **ret, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	int r = reference_parse(target, &ref, err);

	if (r < 0)
		return r;
	if (digest_is_set(&ref->digest))
		return err_set(err, -EINVAL, "a tag cannot be made of a reference with a digest");
	*ret = reference_full(ref);
	return *ret ? 0 : err_nomem(err);
}

int store_tag(struct store *st, const char *source, const char *target, struct err *err)
{
	cleanup(table_reset) struct table next = { 0 };
	cleanup_free char *tag = NULL;
	struct match m;
	int r = check_target(target, &tag, err);

	if (r < 0)
		return r;
	LOCK_STORE(st);
	r = table_lookup(&st->table, source, &m, err);
	if (r < 0)
		return r;
	match_reset(&m);
	r = table_copy(&st->table, &next);
	if (r == 0)
		r = table_move_tag(&next, m.i, tag);
	if (r < 0)
		return err_set(err, r, "out of memory");
	return table_commit(st, &next, err);
}

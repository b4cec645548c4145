/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/push-plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/store/store.h"

/* Records of images that came from the registry or went there tell what it has in other
 * repositories. */

void push_plan_reset(struct push_plan *p)
{
	for (size_t i = 0; p->mount_from && i < p->what.n_blobs; i++)
		free(p->mount_from[i]);
	free(p->mount_from);
	contents_reset(&p->what);
	*p = (struct push_plan){ 0 };
}

bool push_plan_is_config(const struct push_plan *p, size_t blob)
{
	const char *type = p->what.blobs[blob].media_type;

	return streq(type, MEDIA_OCI_CONFIG) || streq(type, MEDIA_DOCKER_CONFIG);
}

int push_plan_make(const struct store *st, const struct digest *root, struct push_plan *ret,
		   struct err *err)
{
	int r = contents_add(st, root, &ret->what, err);

	if (r < 0)
		return r;
	ret->mount_from = calloc(ret->what.n_blobs + 1, sizeof(*ret->mount_from));
	return ret->mount_from ? 0 : err_nomem(err);
}

/* Finds another repository of the registry that is known to have @rec's blobs; owned. */
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

		for (size_t k = 0; repository && k < p->what.n_blobs; k++) {
			/* A config is small, and may have been made here. */
			if (push_plan_is_config(p, k) || p->mount_from[k] ||
			    !record_has_blob(t->records[i], &p->what.blobs[k].digest))
				continue;
			p->mount_from[k] = strdup(repository);
			if (!p->mount_from[k])
				return -ENOMEM;
		}
	}
	return 0;
}

int push_plan_repositories(const struct push_plan *p, char ***ret)
{
	cleanup_strv char **found = NULL;

	for (size_t i = 0; i < p->what.n_blobs; i++) {
		const char *name = p->mount_from[i];

		if (name && !strv_has(found, name) && strv_add(&found, name) < 0)
			return -ENOMEM;
	}
	*ret = take_ptr(found);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/contents.h"

/* The documents and blobs of a push. */

struct push_plan {
	struct contents what;
	char **mount_from; /* for each blob, a repository that may have it; NULL: none */
};

/**
 * push_plan_make() - gather a manifest, or an index, and all it leads to
 * @ret: push_plan_reset(), on failure too
 *
 * Return: as contents_add().
 */
int push_plan_make(const struct store *st, const struct digest *root, struct push_plan *ret,
		   struct err *err);
void push_plan_reset(struct push_plan *p);

/** push_plan_root() - get the document that gets the tag */
static inline const struct document *push_plan_root(const struct push_plan *p)
{
	return &p->what.documents[p->what.n_documents - 1];
}

/** push_plan_is_config() - is this blob a config, which is not shown to people? */
bool push_plan_is_config(const struct push_plan *p, size_t blob);

/**
 * push_plan_mounts() - look for other repositories that the blobs may be in already
 * @ref: destination of the push
 *
 * The store's lock is held.  Return: 0; -ENOMEM.
 */
int push_plan_mounts(struct push_plan *p, const struct store *st, const struct reference *ref);

/** push_plan_repositories() - list the repositories that push_plan_mounts() found, each once.
 * @ret: owned vector.  Return: 0; -ENOMEM. */
int push_plan_repositories(const struct push_plan *p, char ***ret);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/document.h"
#include "oci/descriptor.h"

/* What a push brings. */

struct store;

struct push_blob {
	struct oci_descriptor desc;
	bool is_config;	  /* which people are not told of */
	char *mount_from; /* a repository that may have it; NULL: none */
};

struct push_plan {
	struct document *documents; /* each after all that it leads to; the last one gets the tag */
	size_t n_documents;
	struct push_blob *blobs; /* those of the documents, each once */
	size_t n_blobs;
};

/**
 * push_plan_make() - gather a manifest, or an index, and all that it leads to
 * @ret: push_plan_reset(), on failure too
 *
 * Return: 0; -ENOENT when some of it is not stored; -EBADMSG; -ENOMEM; -errno; with a message.
 */
int push_plan_make(const struct store *st, const struct digest *root, struct push_plan *ret,
		   struct err *err);
void push_plan_reset(struct push_plan *p);

/** push_plan_root() - the document that gets the tag */
static inline const struct document *push_plan_root(const struct push_plan *p)
{
	return &p->documents[p->n_documents - 1];
}

/**
 * push_plan_mounts() - look for other repositories that the blobs may be in already
 * @ref: where they go
 *
 * The store's lock is held.  Return: 0; -ENOMEM.
 */
int push_plan_mounts(struct push_plan *p, const struct store *st, const struct reference *ref);

/** push_plan_repositories() - those that push_plan_mounts() found, each once.  @ret: owned vector.
 * Return: 0; -ENOMEM. */
int push_plan_repositories(const struct push_plan *p, char ***ret);

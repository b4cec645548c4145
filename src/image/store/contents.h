/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/document.h"
#include "oci/descriptor.h"

/* What images are made of, to be passed on. */

struct store;

struct contents {
	struct document *documents; /* manifests and indexes, each after all that it leads to */
	size_t n_documents;
	struct oci_descriptor *blobs; /* those of the documents, each once */
	size_t n_blobs;
	size_t read_bytes; /* what was read for it, also in vain */
	void *known;	   /* the blobs' digests, tsearch(3) */
};

/**
 * contents_add() - gather a manifest, or an index, and all that it leads to
 * @c: contents_reset(), on failure too; what is in it already is not added again
 *
 * Documents are read, so many for each root as an index may lead to; whether the blobs are there is
 * not looked at.
 *
 * Return: 0; -ENOENT when a document is not stored; -EBADMSG; -ENOMEM; -errno; with a message.
 */
int contents_add(const struct store *st, const struct digest *root, struct contents *c,
		 struct err *err);
void contents_reset(struct contents *c);

/** contents_document() - by its digest.  Return: borrowed; NULL where it is not among them. */
const struct document *contents_document(const struct contents *c, const struct digest *d);

/** contents_check() - are the blobs there?  Return: 0; -ENOENT with a message. */
int contents_check(const struct store *st, const struct contents *c, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/document.h"
#include "oci/descriptor.h"

/* The documents and blobs that images consist of. */

struct store;

struct contents {
	struct document *documents; /* manifests and indexes, each after all it leads to */
	size_t n_documents;
	struct oci_descriptor *blobs; /* all blobs of the documents, each once */
	size_t n_blobs;
	size_t read_bytes; /* bytes of documents that were read, also in vain */
	void *known;	   /* the blobs' digests, tsearch(3) */
};

/**
 * contents_add() - gather a manifest, or an index, and all it leads to
 * @c: contents_reset(), on failure too; what is in it already is not added again
 *
 * Documents are read, per root up to the limit of an index; blobs are not checked to be there.
 *
 * Return: 0; -ENOENT when a document is not stored; -EBADMSG; -ENOMEM; -errno; with a message.
 */
int contents_add(const struct store *st, const struct digest *root, struct contents *c,
		 struct err *err);
void contents_reset(struct contents *c);

/** contents_document() - find a document by its digest.  Return: borrowed; NULL where it is not
 * among them. */
const struct document *contents_document(const struct contents *c, const struct digest *d);

/** contents_check() - are all blobs stored?  Return: 0; -ENOENT with a message. */
int contents_check(const struct store *st, const struct contents *c, struct err *err);

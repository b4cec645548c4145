/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "image/store/claim.h"
#include "oci/descriptor.h"

struct walked;

/* An archive whose members are all stored and pinned as blobs. */

struct member {
	char *name;		    /* without "./" and doubled slashes */
	char *link;		    /* for a link: the member it leads to; NULL for a file */
	struct oci_descriptor blob; /* for a file; without media type */
};

struct load {
	struct work *work;
	const struct progress *progress;
	struct platform platform; /* the one to load of several */
	bool one_platform;	  /* load no other platform, and keep no index */
	struct member *members;
	size_t n_members;
	struct walked *walked; /* indexes whose contents were pinned (load-oci.c) */
	size_t n_walked;
	size_t index_bytes; /* bytes read of indexes and all they lead to */
	char **names;	    /* names of what was loaded, for people */
};

/** load_find() - find the file of a name, through links; borrowed; NULL when there is none */
const struct member *load_find(const struct load *l, const char *name);

/** load_read() - append a small member to @ret.  Return: 0; -ENOENT; -EBADMSG; -errno; with a
 * message. */
int load_read(const struct load *l, const char *name, struct buf *ret, struct err *err);

/* One image of an archive; everything is borrowed. */
struct load_image {
	const struct oci_descriptor *manifest;
	const struct digest *index; /* an index to keep, with all it leads to; NULL: none */
	char *const *tags;
	bool is_chosen; /* its platform was chosen among others */
};

/** load_install() - make one image of the archive visible and note its names.  Return: as
 * store_install(). */
int load_install(struct load *l, const struct load_image *what, struct err *err);

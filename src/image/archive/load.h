/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "image/store/claim.h"
#include "oci/descriptor.h"

struct walked;

/* An archive whose members are all stored and pinned as blobs. */

struct member {
	char *name;		    /* without "./" and doubled slashes */
	char *link;		    /* what it is a link to, as a member's name; NULL for a file */
	struct oci_descriptor blob; /* of a file; no media type */
};

struct load {
	struct work *work;
	const struct progress *progress;
	struct platform platform; /* that is taken of several */
	bool one_platform;	  /* no other is taken, and no index is kept */
	struct member *members;
	size_t n_members;
	struct walked *walked; /* indexes that were walked as a whole; see load-oci.c */
	size_t n_walked;
	size_t index_bytes; /* read of indexes and all that they lead to */
	char **names;	    /* what was loaded, for people */
};

/** load_find() - the file of a name, through links; borrowed; NULL when there is none */
const struct member *load_find(const struct load *l, const char *name);

/** load_read() - append a small member.  Return: 0; -ENOENT; -EBADMSG; -errno; with a message. */
int load_read(const struct load *l, const char *name, struct buf *ret, struct err *err);

/* One image of an archive; everything is borrowed. */
struct load_image {
	const struct oci_descriptor *manifest;
	const struct digest *index; /* to be kept, with all that it leads to; NULL: none */
	char *const *tags;
	bool is_chosen; /* by its platform, among others */
};

/** load_install() - make one image of the archive visible and note its names.  Return: as
 * store_install(). */
int load_install(struct load *l, const struct load_image *what, struct err *err);

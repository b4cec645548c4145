/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/image.h"
#include "oci/descriptor.h"

struct store;
struct contents;

/*
 * An image of the table.  A record is never changed while it is shared: the change is made in a
 * copy, saved, and swapped in (table.c), so that memory always agrees with the disk.
 */
struct record {
	unsigned refs;
	struct image im;
	char *media_type; /* of the manifest */
	uint64_t manifest_bytes;
	struct digest *blobs; /* manifest, config, layers, and those that record_keep() notes */
	size_t n_blobs;
};

/** record_load() - read an image from its blobs; the size of its file stays 0.  @ret: owned, one
 * reference.  Return: 0; -ENOENT; -EBADMSG; -errno; with a message. */
int record_load(const struct store *st, const struct oci_descriptor *manifest, struct record **ret,
		struct err *err);
void record_unref(struct record *rec);

/** record_measure() - read the size of the image's file.  Return: 0; -ENOENT; -EBADMSG; -errno. */
int record_measure(const struct store *st, struct record *rec);

/** record_keep() - note the manifest that an image's manifest was made from.
 * Return: 0; -ENOMEM. */
int record_keep(struct record *rec, const struct digest *original);

/** record_copy() - make a copy that may be changed, with one reference; NULL when out of memory */
struct record *record_copy(const struct record *rec);

/** image_copy() - make a deep copy.  Return: owned; NULL when out of memory. */
struct image *image_copy(const struct image *im);

#define ROOTFS_NAME_MAX (DIGEST_HEX_MAX + sizeof(".erofs"))

/** rootfs_name() - write "HEX.erofs" */
void rootfs_name(const struct digest *manifest, char ret[ROOTFS_NAME_MAX]);

DEFINE_CLEANUP(struct image, image_free)
DEFINE_CLEANUP(struct record, record_unref)
#define cleanup_image  cleanup(image_free_cleanup_fn)
#define cleanup_record cleanup(record_unref_cleanup_fn)

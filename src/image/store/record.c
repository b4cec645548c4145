/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/record.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "image/flatten/erofs-format.h"
#include "image/store/blob.h"
#include "image/store/store.h"
#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: an image in memory is what its manifest and config on disk say, read once
 * when the store is opened or the image arrives.  moatd gets deep copies.  An image that lacks a
 * layer still runs, and the next pull fetches the layer.
 *
 * The JSON was checked against its digest; whoever made the image controls what it says.
 */

static void image_reset(struct image *im)
{
	strv_free(im->tags);
	strv_free(im->repo_digests);
	strv_free(im->verified);
	oci_image_config_free(im->oci);
	free(im->layer_bytes);
}

void image_free(struct image *im)
{
	if (!im)
		return;
	image_reset(im);
	free(im);
}

void image_list_free(struct image **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image_free(list[i]);
	free(list);
}

static int copy_into(const struct image *im, struct image *to)
{
	struct image n = *im;

	n.tags = n.repo_digests = n.verified = NULL;
	n.oci = oci_image_config_copy(im->oci);
	n.layer_bytes = calloc(im->n_layers + 1, sizeof(*n.layer_bytes));
	if (!n.oci || !n.layer_bytes || strv_copy(im->tags, &n.tags) < 0 ||
	    strv_copy(im->repo_digests, &n.repo_digests) < 0 ||
	    strv_copy(im->verified, &n.verified) < 0) {
		image_reset(&n);
		return -ENOMEM;
	}
	memcpy(n.layer_bytes, im->layer_bytes, im->n_layers * sizeof(*n.layer_bytes));
	*to = n;
	return 0;
}

struct image *image_copy(const struct image *im)
{
	struct image *copy = calloc(1, sizeof(*copy));

	if (!copy || copy_into(im, copy) < 0) {
		free(copy);
		return NULL;
	}
	return copy;
}

void record_unref(struct record *rec)
{
	if (!rec || --rec->refs > 0)
		return;
	image_reset(&rec->im);
	free(rec->media_type);
	free(rec->blobs);
	free(rec);
}

int record_keep(struct record *rec, const struct digest *original)
{
	struct digest *more = reallocarray(rec->blobs, rec->n_blobs + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	rec->blobs = more;
	more[rec->n_blobs++] = rec->im.original = *original;
	return 0;
}

struct record *record_copy(const struct record *rec)
{
	struct record *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	copy->refs = 1;
	copy->manifest_bytes = rec->manifest_bytes;
	copy->n_blobs = rec->n_blobs;
	copy->media_type = strdup(rec->media_type);
	copy->blobs = calloc(rec->n_blobs, sizeof(*copy->blobs));
	if (!copy->media_type || !copy->blobs || copy_into(&rec->im, &copy->im) < 0) {
		record_unref(copy);
		return NULL;
	}
	memcpy(copy->blobs, rec->blobs, rec->n_blobs * sizeof(*copy->blobs));
	return copy;
}

void rootfs_name(const struct digest *manifest, char ret[ROOTFS_NAME_MAX])
{
	snprintf(ret, ROOTFS_NAME_MAX, "%s.erofs", digest_hex(manifest));
}

static int note_blobs(struct record *rec, const struct oci_manifest *m)
{
	rec->blobs = calloc(m->n_layers + 2, sizeof(*rec->blobs));
	if (!rec->blobs)
		return -ENOMEM;
	rec->blobs[rec->n_blobs++] = rec->im.manifest;
	rec->blobs[rec->n_blobs++] = m->config.digest;
	for (size_t i = 0; i < m->n_layers; i++)
		rec->blobs[rec->n_blobs++] = m->layers[i].digest;
	return 0;
}

static int load_record(const struct store *st, const struct oci_descriptor *manifest,
		       struct record *rec, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT, config = BUF_INIT;
	cleanup_oci_manifest struct oci_manifest *m = NULL;
	int r = blob_read(st, &rec->im.manifest, &text, err);

	if (r == 0)
		r = oci_manifest_parse(text.data ? text.data : "", text.len, &m, err);
	if (r < 0)
		return r;
	rec->im.config = m->config.digest;
	rec->im.n_layers = m->n_layers;
	rec->im.layer_bytes = calloc(m->n_layers + 1, sizeof(*rec->im.layer_bytes));
	if (!rec->im.layer_bytes)
		return err_nomem(err);
	rec->manifest_bytes = text.len;
	r = note_blobs(rec, m);
	if (r < 0)
		return err_errno(err, r, "manifest");
	r = blob_read(st, &rec->im.config, &config, err);
	if (r < 0)
		return r;
	r = oci_image_config_parse(config.data ? config.data : "", config.len, &rec->im.oci, err);
	if (r == 0)
		oci_image_config_complete(rec->im.oci, manifest);
	return r;
}

/* Reads the size of the file system: the file may be longer, with a hole at its end. */
int record_measure(const struct store *st, struct record *rec)
{
	cleanup_close int fd = -1;
	char name[ROOTFS_NAME_MAX];
	struct erofs_super super;
	int r;

	rootfs_name(&rec->im.manifest, name);
	fd = openat(st->rootfs_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	r = fd_pread_exact(fd, &super, sizeof(super), EROFS_SUPER_OFFSET);
	if (r == -ENODATA || (r == 0 && le32toh(super.magic) != EROFS_MAGIC))
		r = -EBADMSG;
	if (r == 0)
		rec->im.size_bytes = (uint64_t)le32toh(super.blocks) * EROFS_BLOCK;
	return r;
}

int record_load(const struct store *st, const struct oci_descriptor *manifest, struct record **ret,
		struct err *err)
{
	cleanup_record struct record *rec = calloc(1, sizeof(*rec));
	int r;

	if (!rec)
		return err_nomem(err);
	rec->refs = 1;
	rec->im.manifest = manifest->digest;
	rec->media_type = strdup(manifest->media_type);
	if (!rec->media_type)
		return err_nomem(err);
	r = load_record(st, manifest, rec, err);
	if (r < 0)
		return r;
	*ret = take_ptr(rec);
	return 0;
}

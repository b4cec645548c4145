/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the archive is an OCI image layout that has docker's manifest.json too, as
 * `docker save` writes it since version 25, so that either kind of reader finds what it looks for.
 * index.json comes after all it leads to, so a file that was cut off is no archive.
 *
 * All content is checked before it is written (saving.c).
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/str.h"
#include "image/archive/saving.h"
#include "image/store/blob.h"
#include "oci/descriptor.h"

#define CHUNK_BYTES KIB(128)

struct output {
	const struct saving *saving;
	struct archive *out;
	json_t *index;	   /* descriptors of index.json */
	json_t *manifests; /* entries of manifest.json */
	char *chunk;
};

static int archive_failed(struct archive *a, struct err *err)
{
	int code = archive_errno(a);

	return err_set(err, code > 0 ? -code : -EIO, "write archive: %.200s",
		       archive_error_string(a) ? archive_error_string(a) : "no reason given");
}

static int begin_member(struct output *o, const char *name, mode_t type, uint64_t size,
			struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		return err_nomem(err);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_size(e, (int64_t)size);
	archive_entry_set_mtime(e, 0, 0);
	r = archive_write_header(o->out, e);
	archive_entry_free(e);
	return r == ARCHIVE_OK ? 0 : archive_failed(o->out, err);
}

static int add_data(struct output *o, const void *data, size_t len, struct err *err)
{
	return archive_write_data(o->out, data, len) == (la_ssize_t)len
		       ? 0
		       : archive_failed(o->out, err);
}

static int add_json_member(struct output *o, const char *name, json_t *value, struct err *err)
{
	cleanup_json json_t *owned = value;
	cleanup_free char *text = owned ? json_write(owned) : NULL;
	int r;

	if (!text)
		return err_nomem(err);
	r = begin_member(o, name, AE_IFREG, strlen(text), err);
	return r < 0 ? r : add_data(o, text, strlen(text), err);
}

static int copy_blob(struct output *o, int fd, uint64_t size, struct err *err)
{
	uint64_t at = 0;

	while (at < size) {
		size_t n = size - at < CHUNK_BYTES ? (size_t)(size - at) : CHUNK_BYTES;
		int r = fd_pread_exact(fd, o->chunk, n, at);

		if (r < 0)
			return err_errno(err, r, "read blob");
		r = add_data(o, o->chunk, n, err);
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

static char *blob_path(const struct digest *d)
{
	return str_printf("blobs/%s/%s", digest_algorithm(d), digest_hex(d));
}

static int add_blob(struct output *o, const struct oci_descriptor *d, struct err *err)
{
	cleanup_free char *name = blob_path(&d->digest);
	cleanup_close int fd = -1;
	int r;

	if (!name)
		return err_nomem(err);
	fd = blob_open(o->saving->work.st, &d->digest, d->size_bytes);
	if (fd < 0)
		return err_errno(err, fd, "blob %s", d->digest.text);
	r = begin_member(o, name, AE_IFREG, d->size_bytes, err);
	return r < 0 ? r : copy_blob(o, fd, d->size_bytes, err);
}

static int add_document(struct output *o, const struct document *doc, struct err *err)
{
	cleanup_free char *name = blob_path(&doc->digest);
	int r = name ? begin_member(o, name, AE_IFREG, doc->text.len, err) : err_nomem(err);

	return r < 0 ? r : add_data(o, doc->text.data, doc->text.len, err);
}

static int add_to_index(struct output *o, const struct saved *image, struct err *err)
{
	const struct document *root = contents_document(&o->saving->what, &image->root);
	json_t *d = json_pack("{s:s, s:s, s:I}", "mediaType", root->media_type, "digest",
			      root->digest.text, "size", (json_int_t)root->text.len);
	const char *colon = image->tag ? strrchr(image->tag, ':') : NULL;

	if (d && colon)
		json_object_set_new(d, "annotations",
				    json_pack("{s:s, s:s}", "io.containerd.image.name", image->tag,
					      "org.opencontainers.image.ref.name", colon + 1));
	return json_array_append_new(o->index, d) < 0 ? err_nomem(err) : 0;
}

static json_t *blob_path_json(const struct digest *d)
{
	return json_sprintf("blobs/%s/%s", digest_algorithm(d), digest_hex(d));
}

/* Finds or makes the entry of an image: docker wants one with all its names. */
static json_t *entry_of(struct output *o, const struct oci_manifest *m)
{
	cleanup_json json_t *config = blob_path_json(&m->config.digest);
	json_t *entry, *layers;
	size_t i;

	json_array_foreach (o->manifests, i, entry) {
		if (json_equal(json_object_get(entry, "Config"), config))
			return entry;
	}
	layers = json_array();
	for (i = 0; i < m->n_layers; i++)
		json_array_append_new(layers, blob_path_json(&m->layers[i].digest));
	entry = json_pack("{s:O, s:[], s:o}", "Config", config, "RepoTags", "Layers", layers);
	return json_array_append_new(o->manifests, entry) < 0 ? NULL : entry;
}

static int add_to_manifests(struct output *o, const struct saved *image, struct err *err)
{
	const char *tag = image->tag;
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *familiar = NULL;
	json_t *entry = entry_of(o, image->manifest);

	if (!entry)
		return err_nomem(err);
	if (!tag)
		return 0;
	if (reference_parse(tag, &ref, NULL) == 0)
		familiar = reference_familiar(ref);
	return json_array_append_new(json_object_get(entry, "RepoTags"),
				     json_string(familiar ? familiar : tag)) < 0
		       ? err_nomem(err)
		       : 0;
}

static int add_contents(struct output *o, const struct contents *what, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < what->n_documents; i++)
		r = add_document(o, &what->documents[i], err);
	for (size_t i = 0; r == 0 && i < what->n_blobs; i++)
		if (saving_has(o->saving, &what->blobs[i]))
			r = add_blob(o, &what->blobs[i], err);
	return r;
}

static int add_lists(struct output *o, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->saving->n_images; i++) {
		r = add_to_index(o, &o->saving->images[i], err);
		if (r == 0)
			r = add_to_manifests(o, &o->saving->images[i], err);
	}
	if (r == 0)
		r = add_json_member(o, "index.json",
				    json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType",
					      MEDIA_OCI_INDEX, "manifests", o->index),
				    err);
	if (r == 0)
		r = add_json_member(o, "manifest.json", json_incref(o->manifests), err);
	if (r == 0)
		r = add_json_member(o, "oci-layout",
				    json_pack("{s:s}", "imageLayoutVersion", "1.0.0"), err);
	return r;
}

static int write_all(struct output *o, struct err *err)
{
	int r = begin_member(o, "blobs/", AE_IFDIR, 0, err);

	if (r == 0)
		r = begin_member(o, "blobs/sha256/", AE_IFDIR, 0, err);
	if (r == 0)
		r = add_contents(o, &o->saving->what, err);
	if (r == 0)
		r = add_lists(o, err);
	if (r == 0 && archive_write_close(o->out) != ARCHIVE_OK)
		r = archive_failed(o->out, err);
	return r;
}

int store_save_write(struct saving *s, int fd, struct err *err)
{
	struct output o = { .saving = s,
			    .out = archive_write_new(),
			    .index = json_array(),
			    .manifests = json_array(),
			    .chunk = malloc(CHUNK_BYTES) };
	int r;

	if (!o.out || !o.index || !o.manifests || !o.chunk)
		r = err_nomem(err);
	else if (archive_write_set_format_pax_restricted(o.out) != ARCHIVE_OK ||
		 archive_write_open_fd(o.out, fd) != ARCHIVE_OK)
		r = archive_failed(o.out, err);
	else
		r = write_all(&o, err);
	if (o.out)
		archive_write_free(o.out);
	json_decref(o.index);
	json_decref(o.manifests);
	free(o.chunk);
	return r;
}

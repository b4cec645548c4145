/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the archive is an OCI image layout that has docker's manifest.json too, as
 * `docker save` writes it since version 25, so that either kind of reader finds what it looks for.
 * What goes into it is pinned first; then nothing that happens to the store can get in the way.
 *
 * Names come from a client, manifests were checked when they came in.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/str.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/find.h"
#include "image/store/record.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

#define CHUNK_BYTES KIB(128)

struct saving {
	struct work work;
	struct archive *out;
	json_t *index;	   /* descriptors of index.json */
	json_t *manifests; /* entries of manifest.json */
	char **written;	   /* digests */
	char *chunk;
};

static int out_of_memory(struct err *err)
{
	return err_nomem(err);
}

static int archive_failed(struct archive *a, struct err *err)
{
	int code = archive_errno(a);

	return err_set(err, code > 0 ? -code : -EIO, "write archive: %.200s",
		       archive_error_string(a) ? archive_error_string(a) : "no reason given");
}

static int begin_member(struct saving *s, const char *name, mode_t type, uint64_t size,
			struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		return out_of_memory(err);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_size(e, (int64_t)size);
	archive_entry_set_mtime(e, 0, 0);
	r = archive_write_header(s->out, e);
	archive_entry_free(e);
	return r == ARCHIVE_OK ? 0 : archive_failed(s->out, err);
}

static int add_data(struct saving *s, const void *data, size_t len, struct err *err)
{
	return archive_write_data(s->out, data, len) == (la_ssize_t)len
		       ? 0
		       : archive_failed(s->out, err);
}

static int add_json_member(struct saving *s, const char *name, json_t *value, struct err *err)
{
	cleanup_json json_t *owned = value;
	cleanup_free char *text = owned ? json_write(owned) : NULL;
	int r;

	if (!text)
		return out_of_memory(err);
	r = begin_member(s, name, AE_IFREG, strlen(text), err);
	return r < 0 ? r : add_data(s, text, strlen(text), err);
}

static int copy_blob(struct saving *s, int fd, uint64_t size, struct err *err)
{
	uint64_t at = 0;

	while (at < size) {
		size_t n = size - at < CHUNK_BYTES ? (size_t)(size - at) : CHUNK_BYTES;
		int r = fd_pread_exact(fd, s->chunk, n, at);

		if (r < 0)
			return err_errno(err, r, "read blob");
		r = add_data(s, s->chunk, n, err);
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

/* Images may share blobs: each is written once. */
static int add_blob(struct saving *s, const struct digest *d, uint64_t size, struct err *err)
{
	cleanup_free char *name = str_printf("blobs/%s/%s", digest_algorithm(d), digest_hex(d));
	cleanup_close int fd = -1;
	int r;

	if (!name)
		return out_of_memory(err);
	if (s->written && strv_has(s->written, d->text))
		return 0;
	if (strv_add(&s->written, d->text) < 0)
		return out_of_memory(err);
	fd = blob_open(s->work.st, d, size);
	if (fd < 0)
		return err_errno(err, fd, "blob %s", d->text);
	r = begin_member(s, name, AE_IFREG, size, err);
	return r < 0 ? r : copy_blob(s, fd, size, err);
}

/* What is to be saved of one name.  @ret_tag: full reference; NULL where it was named by id. */
static int find_saved(struct saving *s, const char *name, struct digest *ret_manifest,
		      char **ret_media_type, char **ret_tag, struct err *err)
{
	LOCK_STORE(s->work.st);
	const struct record *rec;
	struct match m;
	int r = table_lookup(&s->work.st->table, name, &m, err);

	if (r < 0)
		return r;
	rec = s->work.st->table.records[m.i];
	if (!m.by_id && strv_has(rec->im.tags, m.name))
		*ret_tag = take_ptr(m.name);
	match_reset(&m);
	*ret_manifest = rec->im.manifest;
	*ret_media_type = strdup(rec->media_type);
	for (size_t i = 0; r == 0 && i < rec->n_blobs; i++)
		r = work_pin_locked(&s->work, &rec->blobs[i]);
	return r < 0 || !*ret_media_type ? out_of_memory(err) : 0;
}

static int add_to_index(struct saving *s, const struct oci_descriptor *manifest, const char *tag,
			struct err *err)
{
	json_t *d = json_pack("{s:s, s:s, s:I}", "mediaType", manifest->media_type, "digest",
			      manifest->digest.text, "size", (json_int_t)manifest->size_bytes);
	const char *colon = tag ? strrchr(tag, ':') : NULL;

	if (d && colon)
		json_object_set_new(d, "annotations",
				    json_pack("{s:s, s:s}", "io.containerd.image.name", tag,
					      "org.opencontainers.image.ref.name", colon + 1));
	return json_array_append_new(s->index, d) < 0 ? out_of_memory(err) : 0;
}

static json_t *blob_path(const struct digest *d)
{
	return json_sprintf("blobs/%s/%s", digest_algorithm(d), digest_hex(d));
}

/* docker wants one entry for an image, with all its names. */
static json_t *entry_of(struct saving *s, const struct oci_manifest *m)
{
	cleanup_json json_t *config = blob_path(&m->config.digest);
	json_t *entry, *layers;
	size_t i;

	json_array_foreach (s->manifests, i, entry) {
		if (json_equal(json_object_get(entry, "Config"), config))
			return entry;
	}
	layers = json_array();
	for (i = 0; i < m->n_layers; i++)
		json_array_append_new(layers, blob_path(&m->layers[i].digest));
	entry = json_pack("{s:O, s:[], s:o}", "Config", config, "RepoTags", "Layers", layers);
	return json_array_append_new(s->manifests, entry) < 0 ? NULL : entry;
}

static int add_to_manifests(struct saving *s, const struct oci_manifest *m, const char *tag,
			    struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *familiar = NULL;
	json_t *entry = entry_of(s, m);

	if (!entry)
		return out_of_memory(err);
	if (!tag)
		return 0;
	if (reference_parse(tag, &ref, NULL) == 0)
		familiar = reference_familiar(ref);
	return json_array_append_new(json_object_get(entry, "RepoTags"),
				     json_string(familiar ? familiar : tag)) < 0
		       ? out_of_memory(err)
		       : 0;
}

static int add_image(struct saving *s, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_oci_manifest struct oci_manifest *m = NULL;
	cleanup_free char *tag = NULL, *media_type = NULL;
	struct oci_descriptor d = { 0 };
	int r = find_saved(s, name, &d.digest, &media_type, &tag, err);

	if (r == 0)
		r = blob_read(s->work.st, &d.digest, &text, err);
	if (r == 0)
		r = oci_manifest_parse(text.data, text.len, &m, err);
	if (r < 0)
		return r;
	d.media_type = media_type;
	d.size_bytes = text.len;
	r = add_to_index(s, &d, tag, err);
	if (r == 0)
		r = add_to_manifests(s, m, tag, err);
	if (r == 0)
		r = add_blob(s, &d.digest, d.size_bytes, err);
	if (r == 0)
		r = add_blob(s, &m->config.digest, m->config.size_bytes, err);
	for (size_t i = 0; r == 0 && i < m->n_layers; i++)
		r = add_blob(s, &m->layers[i].digest, m->layers[i].size_bytes, err);
	return r;
}

static int write_all(struct saving *s, char *const *names, struct err *err)
{
	int r = begin_member(s, "blobs/", AE_IFDIR, 0, err);

	if (r == 0)
		r = begin_member(s, "blobs/sha256/", AE_IFDIR, 0, err);
	for (; r == 0 && *names; names++)
		r = add_image(s, *names, err);
	if (r == 0)
		r = add_json_member(s, "index.json",
				    json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType",
					      MEDIA_OCI_INDEX, "manifests", s->index),
				    err);
	if (r == 0)
		r = add_json_member(s, "manifest.json", json_incref(s->manifests), err);
	if (r == 0)
		r = add_json_member(s, "oci-layout",
				    json_pack("{s:s}", "imageLayoutVersion", "1.0.0"), err);
	if (r == 0 && archive_write_close(s->out) != ARCHIVE_OK)
		r = archive_failed(s->out, err);
	return r;
}

int store_save(struct store *st, char *const *names, int fd, struct err *err)
{
	struct saving s = { .out = archive_write_new(),
			    .index = json_array(),
			    .manifests = json_array(),
			    .chunk = malloc(CHUNK_BYTES) };
	int r;

	work_begin(&s.work, st);
	if (!s.out || !s.index || !s.manifests || !s.chunk)
		r = out_of_memory(err);
	else if (archive_write_set_format_pax_restricted(s.out) != ARCHIVE_OK ||
		 archive_write_open_fd(s.out, fd) != ARCHIVE_OK)
		r = archive_failed(s.out, err);
	else
		r = write_all(&s, names, err);
	work_end(&s.work);
	if (s.out)
		archive_write_free(s.out);
	json_decref(s.index);
	json_decref(s.manifests);
	strv_free(s.written);
	free(s.chunk);
	return r;
}

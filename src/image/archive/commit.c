/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "image/store/blob.h"
#include "image/store/claim.h"
#include "image/store/collect.h"
#include "image/store/install.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: the layer is stored as it comes in, its digest is its diff_id too.  The
 * config is the parent's with the new layer, configuration and history; the manifest is the
 * parent's with both.  From there on it is an image like one that was pulled.
 *
 * The layer was made by a guest, which may be hostile: it is stored and hashed here, and read by
 * moat-unpack alone.
 */

#define CHUNK_BYTES	KIB(128)
#define EMPTY_TAR_BYTES 1024u

static int copy_layer(const struct image_commit *c, struct blob_writer *to, struct err *err)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);
	ssize_t n;
	int r = 0;

	if (!chunk)
		return err_nomem(err);
	while (r == 0 && (n = c->read(c->arg, chunk, CHUNK_BYTES, err)) != 0)
		r = n < 0 ? (int)n : blob_writer_add(to, chunk, (size_t)n, err);
	return r;
}

static int store_layer(struct work *w, const struct image_commit *c, struct oci_descriptor *ret,
		       struct err *err)
{
	cleanup(blob_writer_close) struct blob_writer writer = BLOB_WRITER_INIT;
	int r = blob_writer_open(w->st, HASH_SHA256, UNPACK_MAX_BYTES, &writer, err);

	if (r == 0)
		r = copy_layer(c, &writer, err);
	if (r == 0)
		r = blob_writer_finish(&writer, err);
	if (r == 0 && work_pin(w, &writer.digest) < 0)
		r = err_nomem(err);
	if (r == 0)
		r = blob_writer_publish(&writer, NULL, err);
	if (r < 0)
		return r;
	ret->digest = writer.digest;
	ret->size_bytes = writer.size_bytes;
	ret->media_type = strdup(MEDIA_OCI_LAYER);
	return ret->media_type ? 0 : err_nomem(err);
}

static int add_history(json_t *doc, const struct image_commit *c, const char *now, bool empty)
{
	json_t *history = json_object_get(doc, "history");
	json_t *entry = json_pack("{s:s, s:s*, s:s*, s:s*}", "created", now, "created_by",
				  c->created_by, "author", c->author, "comment", c->comment);

	if (entry && empty)
		json_object_set_new(entry, "empty_layer", json_true());
	if (!json_is_array(history)) {
		history = json_array();
		if (json_object_set_new(doc, "history", history) < 0) {
			json_decref(entry);
			return -ENOMEM;
		}
	}
	return json_array_append_new(history, entry) < 0 ? -ENOMEM : 0;
}

/* Changes the config where the new image differs from its parent.  @layer: NULL when no file was
 * changed */
static int change_config(json_t *doc, const struct image_commit *c,
			 const struct oci_descriptor *layer)
{
	json_t *ids = json_object_get(json_object_get(doc, "rootfs"), "diff_ids");
	char now[CLOCK_TEXT_MAX];

	clock_format(clock_now_nsec(), now);
	(void)json_object_del(doc, "container");
	(void)json_object_del(doc, "container_config");
	(void)json_object_del(doc, "author");
	if (json_object_set_new(doc, "created", json_string(now)) < 0 ||
	    json_object_set_new(doc, "architecture", json_string(c->platform->arch)) < 0 ||
	    json_object_set_new(doc, "os", json_string(c->platform->os)) < 0 ||
	    (c->author && json_object_set_new(doc, "author", json_string(c->author)) < 0) ||
	    json_object_set_new(doc, "config", json_deep_copy(c->config)) < 0 ||
	    (layer && json_array_append_new(ids, json_string(layer->digest.text)) < 0))
		return -ENOMEM;
	return add_history(doc, c, now, !layer);
}

static int put_config(struct work *w, const struct image_commit *c, struct oci_manifest *m,
		      const struct oci_descriptor *layer, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	cleanup_json json_t *doc = NULL;
	cleanup_free char *changed = NULL;
	int r = blob_read(w->st, &m->config.digest, &text, err);

	if (r == 0)
		r = json_read(text.data, text.len, "image config", &doc, err);
	if (r == 0 && (change_config(doc, c, layer) < 0 || !(changed = json_write(doc))))
		r = err_nomem(err);
	if (r < 0)
		return r;
	oci_descriptor_reset(&m->config);
	return store_put_config(w, changed, &m->config, err);
}

/* @layer: taken over; empty afterwards */
static int add_layer(struct oci_manifest *m, struct oci_descriptor *layer, struct err *err)
{
	struct oci_descriptor *more = reallocarray(m->layers, m->n_layers + 1, sizeof(*m->layers));

	if (m->n_layers >= OCI_LAYERS_MAX)
		return err_set(err, -EINVAL, "the image would have more than %d layers",
			       OCI_LAYERS_MAX);
	if (!more)
		return err_nomem(err);
	m->layers = more;
	more[m->n_layers++] = *layer;
	*layer = (struct oci_descriptor){ 0 };
	return 0;
}

static int read_parent(struct work *w, const struct digest *digest, struct oci_manifest **ret,
		       struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = work_pin(w, digest) < 0 ? err_nomem(err) : blob_read(w->st, digest, &text, err);

	return r == 0 ? oci_manifest_parse(text.data, text.len, ret, err) : r;
}

static int build_image(struct work *w, const struct image_commit *c, struct oci_descriptor *ret,
		       struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = NULL;
	cleanup(oci_descriptor_reset) struct oci_descriptor layer = { 0 };
	bool empty;
	int r = read_parent(w, c->parent, &m, err);

	if (r == 0)
		r = store_layer(w, c, &layer, err);
	if (r < 0)
		return r;
	empty = layer.size_bytes <= EMPTY_TAR_BYTES;
	r = put_config(w, c, m, empty ? NULL : &layer, err);
	if (r == 0 && !empty)
		r = add_layer(m, &layer, err);
	return r == 0 ? store_put_manifest(w, m, ret, err) : r;
}

static int commit_image(struct work *w, const struct image_commit *c, char *const *tags,
			struct image **ret, struct err *err)
{
	cleanup(oci_descriptor_reset) struct oci_descriptor manifest = { 0 };
	const struct install in = {
		.manifest = &manifest,
		.platform = c->platform,
		.tags = tags,
	};
	int r = build_image(w, c, &manifest, err);

	return r == 0 ? store_install(w, &in, ret, err) : r;
}

int store_commit(struct store *st, const struct image_commit *c, struct image **ret,
		 struct err *err)
{
	cleanup_free char *full = c->ref ? reference_full(c->ref) : NULL;
	char *tags[] = { full, NULL };
	struct work w;
	int r;

	if (c->ref && !full)
		return err_nomem(err);
	work_begin(&w, st);
	r = commit_image(&w, c, tags, ret, err);
	work_end(&w);
	if (r < 0) {
		LOCK_STORE(st);
		store_collect(st);
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "image/archive/tarin.h"
#include "image/store/claim.h"
#include "image/store/collect.h"
#include "image/store/install.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: a root filesystem's tar is unpacked (gzip and the like) into a blob, which
 * is then the one layer of a new image, and its digest the layer's diff_id; config and manifest are
 * written for it.
 *
 * The archive is hostile; moat-unpack is what reads its members.
 */

static char *write_config(const struct image_import *in, const struct digest *diff_id)
{
	const struct platform *p = in->platform;
	json_t *config = in->config ? json_deep_copy(in->config) : json_object();
	cleanup_json json_t *doc = NULL;
	char now[CLOCK_TEXT_MAX];

	clock_format(clock_now_nsec(), now);
	doc = JSON_OBJECT(
		member_text("created", now), member_text("architecture", p->arch),
		member_text("os", p->os),
		member_optional("variant", *p->variant ? json_string(p->variant) : NULL),
		member_json("config", config),
		member_json("rootfs",
			    JSON_OBJECT(member_text("type", "layers"),
					member_json("diff_ids", json_pack("[s]", diff_id->text)))),
		member_json("history", json_pack("[{s:s, s:s}]", "created", now, "comment",
						 in->comment ? in->comment : "imported by moat")));
	return doc ? json_write(doc) : NULL;
}

static int read_layer(struct work *w, const struct image_import *what, struct oci_descriptor *ret,
		      struct err *err)
{
	cleanup(tarin_close) struct tarin in = { 0 };
	struct archive_entry *entry;
	int r = tarin_open(what->fd, true, what->progress, &in);

	if (r < 0)
		return err_set(err, r, "out of memory");
	r = tarin_next(&in, &entry, err);
	if (r == 0 && !entry)
		return err_set(err, -EBADMSG, "archive is empty");
	if (r == 0)
		r = tarin_store(&in, w, HASH_SHA256, ret, err);
	if (r < 0)
		return r;
	ret->media_type = strdup(MEDIA_OCI_LAYER);
	return ret->media_type ? 0 : err_nomem(err);
}

static int build_manifest(struct work *w, const struct image_import *in, struct oci_descriptor *ret,
			  struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = calloc(1, sizeof(*m));
	cleanup_free char *config = NULL;
	int r;

	if (m)
		m->layers = calloc(1, sizeof(*m->layers));
	if (!m || !m->layers)
		return err_nomem(err);
	m->n_layers = 1;
	r = read_layer(w, in, &m->layers[0], err);
	if (r < 0)
		return r;
	config = write_config(in, &m->layers[0].digest);
	if (!config)
		return err_nomem(err);
	r = store_put_config(w, config, &m->config, err);
	return r == 0 ? store_put_manifest(w, m, ret, err) : r;
}

static int import_image(struct work *w, const struct image_import *in, char *const *tags,
			struct image **ret, struct err *err)
{
	cleanup(oci_descriptor_reset) struct oci_descriptor manifest = { 0 };
	const struct install complete = {
		.manifest = &manifest,
		.platform = in->platform,
		.tags = tags,
		.progress = in->progress,
	};
	int r = build_manifest(w, in, &manifest, err);

	return r == 0 ? store_install(w, &complete, ret, err) : r;
}

int store_import(struct store *st, const struct image_import *in, struct image **ret,
		 struct err *err)
{
	cleanup_free char *full = in->ref ? reference_full(in->ref) : NULL;
	char *tags[] = { full, NULL };
	struct work w;
	int r;

	if (in->ref && !full)
		return err_nomem(err);
	if (in->ref && digest_is_set(&in->ref->digest))
		return err_set(err, -EINVAL, "an import cannot be named with a digest");
	work_begin(&w, st);
	r = import_image(&w, in, tags, ret, err);
	work_end(&w);
	if (r < 0) {
		LOCK_STORE(st);
		store_collect(st);
		err_wrap(err, "import");
	}
	return r;
}

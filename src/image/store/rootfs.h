/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/install.h"
#include "oci/config.h"
#include "oci/manifest.h"

/* An image's EROFS file to be made; everything is borrowed but the sizes. */
struct rootfs {
	struct work *work;
	const struct install *install;
	const struct oci_manifest *manifest;
	const struct oci_image_config *config;
	bool was_accepted;     /* the image was accepted before, so today's limits do not count */
	uint64_t *layer_bytes; /* of each layer's files; owned; NULL where the file was there */
};

/** layers_open_stored() - open all layers of a manifest.  @ret: the caller closes the descriptors;
 * -1 where a layer has none.  Return: 0; -errno with a message. */
int layers_open_stored(const struct store *st, const struct oci_manifest *m,
		       struct flatten_layer *ret, struct err *err);

/** rootfs_restore() - make the missing file of a known image from its stored layers.  Return: as
 * rootfs_make(); -ENOENT where a layer is not stored, -EBADMSG where it is damaged. */
int rootfs_restore(struct work *w, const struct oci_descriptor *manifest, struct err *err);

/**
 * rootfs_make() - fetch the layers of an image, and flatten them as they come, unless the file is
 * there
 *
 * Layers are pinned, and all stored at success.  For each manifest, one thread at a time works.
 *
 * Return: 0; -EBADMSG; -ECANCELED; as flatten(); as the source; -errno; with a message.
 */
int rootfs_make(struct rootfs *rf, struct err *err);

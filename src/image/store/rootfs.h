/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/install.h"
#include "oci/config.h"
#include "oci/manifest.h"

/* The EROFS file of an image; everything is borrowed but the sizes. */
struct rootfs {
	struct work *work;
	const struct install *install;
	const struct oci_manifest *manifest;
	const struct oci_image_config *config;
	bool was_accepted;     /* it was made before, so no limits of today count */
	uint64_t *layer_bytes; /* of the files in each; owned; NULL where the file was there */
};

/** layers_open_stored() - open all layers of a manifest.  @ret: their descriptors are the caller's
 * to close, -1 where there is none.  Return: 0; -errno with a message. */
int layers_open_stored(const struct store *st, const struct oci_manifest *m,
		       struct flatten_layer *ret, struct err *err);

/** rootfs_restore() - make the file of an image that was here before, unless it is there, of layers
 * that are stored.  Return: as rootfs_make(); -ENOENT where some of it is not stored, -EBADMSG
 * where that is damaged. */
int rootfs_restore(struct work *w, const struct oci_descriptor *manifest, struct err *err);

/**
 * rootfs_make() - get the layers of an image, and flatten them as they come, unless it is done
 *
 * Layers are pinned, and all stored at success.  One thread at a time does it for a manifest.
 *
 * Return: 0; -EBADMSG; -ECANCELED; as flatten(); as the source; -errno; with a message.
 */
int rootfs_make(struct rootfs *rf, struct err *err);

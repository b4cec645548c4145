/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "image/flatten/layer-error.h"
#include "image/flatten/layer-stream.h"
#include "image/flatten/layer.h"

/* Inside the layer reader: a layer that is being read, and the entry it is at. */
struct layer {
	const struct layer_reading *in;
	struct layer_stream *stream;
	struct archive *tar;
	struct archive_entry *entry;
	struct layer_site at;
	char path[TREE_PATH_MAX]; /* the entry's name, cleaned */
};

/** layer_tar_error() - libarchive failed.  Return: -EBADMSG; -ENOMEM; what the stream failed
 * with. */
int layer_tar_error(struct layer *l);

/** layer_arena() - where the inodes of the layer are */
static inline struct arena *layer_arena(struct layer *l)
{
	return &l->in->log->kept;
}

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

/** layer_tar_error() - report a failure of libarchive.  Return: -EBADMSG; -ENOMEM; the stream's own
 * failure. */
int layer_tar_error(struct layer *l);

/** layer_arena() - get the arena with the layer's inodes */
static inline struct arena *layer_arena(struct layer *l)
{
	return &l->in->log->kept;
}

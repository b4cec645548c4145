/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "image/flatten/layer-stream.h"
#include "image/flatten/layer.h"

/* Inside the layer reader: a layer that is being applied, and the entry it is at. */
struct layer {
	struct layer_target *target;
	struct layer_stream *stream;
	struct archive *tar;
	struct archive_entry *entry;
	const char *entry_name; /* as the layer says */
	struct err *err;
	uint32_t number;
	char path[TREE_PATH_MAX]; /* entry_name, cleaned */
};

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/fetch.h"

/* The layers of a manifest while they are fetched. */
struct fetch_layers;

/**
 * fetch_layers_open() - open the files of stored layers, and of those that will come
 * @f:      borrowed until the end
 * @m:      borrowed until the end; its layers are pinned
 * @layers: filled; the descriptors are borrowed
 * @ret:    owned, fetch_layers_close()
 *
 * Return: 0; as incoming_open(); with a message.
 */
int fetch_layers_open(const struct fetcher *f, const struct oci_manifest *m,
		      struct flatten_layer *layers, struct fetch_layers **ret, struct err *err);

/**
 * fetch_layers_run() - fetch the layers that are not stored, several at a time
 * @is_over: asked before each layer: are no more wanted?  May be NULL
 *
 * Return: 0; -EALREADY when no more were wanted; -ECANCELED; -ESTALE as incoming_publish(); as
 * registry_blob(), for the layer that failed first; with a message.
 */
int fetch_layers_run(struct fetch_layers *l, bool (*is_over)(void *arg), void *arg,
		     struct err *err);

/** fetch_layers_close() - NULL is accepted */
void fetch_layers_close(struct fetch_layers *l);

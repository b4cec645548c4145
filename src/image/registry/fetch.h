/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"
#include "image/store/claim.h"
#include "oci/manifest.h"

/* Lets several threads report through one struct progress, one at a time, and stop together. */
struct progress_guard {
	const struct progress *from; /* borrowed; may be NULL */
	pthread_mutex_t lock;
	bool stopped;
	struct progress guarded; /* what the threads use */
};

/** progress_guard_init() - @g must not move while it is used */
void progress_guard_init(struct progress_guard *g, const struct progress *from);
void progress_guard_destroy(struct progress_guard *g);

/** progress_guard_stop() - from now on the work counts as cancelled */
void progress_guard_stop(struct progress_guard *g);

/* What a download needs; everything is borrowed. */
struct fetcher {
	struct work *work;
	struct registry *reg;
	struct http *http; /* of the calling thread */
	struct progress_guard *guard;
};

/**
 * fetch_blob() - get one blob, unless it is stored or another thread is at it
 * @d: pinned
 *
 * Return: 0; as registry_blob() and blob_writer_publish(); -ECANCELED; all with a message.
 */
int fetch_blob(const struct fetcher *f, const struct oci_descriptor *d, struct err *err);

/** fetch_layers() - get the layers of a manifest, several at a time.  Return: as fetch_blob(), for
 * the layer that failed first. */
int fetch_layers(const struct fetcher *f, const struct oci_manifest *m, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/flatten.h"
#include "image/registry/guard.h"
#include "image/registry/mirror.h"
#include "image/registry/registry.h"
#include "image/store/claim.h"
#include "oci/manifest.h"

/* Parameters of downloads; everything is borrowed. */
struct fetcher {
	struct work *work;
	struct registry *reg;
	struct http *http; /* of the calling thread */
	struct progress_guard *guard;
	unsigned max_downloads; /* layers at a time; at least 1 */
};

/**
 * fetch_blob() - fetch one small blob, unless it is stored or another thread is at it
 * @d: pinned
 *
 * Return: 0; as registry_blob() and blob_writer_publish(); -ECANCELED; all with a message.
 */
int fetch_blob(const struct fetcher *f, const struct oci_descriptor *d, struct err *err);

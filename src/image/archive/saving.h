/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/claim.h"
#include "image/store/contents.h"
#include "oci/manifest.h"

/* The contents of an archive to be: all of them are pinned, and were found whole and right. */

struct saved {
	struct digest root;	       /* what the name means; one of the documents */
	struct oci_manifest *manifest; /* for readers of docker's format */
	char *tag; /* full reference; NULL where the image was named by its id */
};

struct saving {
	struct work work;
	struct saved *images;
	size_t n_images;
	struct contents what;
};

/** saving_has() - is this blob written?  A blob that registries may not have can be missing. */
bool saving_has(const struct saving *s, const struct oci_descriptor *blob);

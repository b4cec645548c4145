/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/store/claim.h"
#include "image/store/contents.h"
#include "oci/manifest.h"

/* What goes into an archive: all that it is made of is pinned, and was there and right. */

struct saved {
	struct digest root;	       /* what the name stands for; among the documents */
	struct oci_manifest *manifest; /* what readers of docker's format get */
	char *tag;		       /* full reference; NULL where it was named by its id */
};

struct saving {
	struct work work;
	struct saved *images;
	size_t n_images;
	struct contents what;
};

/** saving_has() - is this blob written?  One that registries may not have need not be there. */
bool saving_has(const struct saving *s, const struct oci_descriptor *blob);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/* Who is told of what refers to a manifest. */
struct referrers_taker {
	/* Return: 0; 1: it is enough; -errno with a message. */
	int (*take)(void *arg, const struct oci_descriptor *d, struct err *err);
	void *arg;
};

/**
 * referrers_each() - what refers to a manifest, as one server lists it
 * @reg: the server; its mirrors are not asked
 * @of:  a digest of sha256
 *
 * Of a server without such lists, the index with the tag sha256-HEX takes its place
 * (distribution-spec "Listing Referrers").
 *
 * Return: 0, also where there is nothing; 1 as @to said; -EBADMSG, -EFBIG what cannot be read; as
 * registry_manifest(); what @to returned; with a message.
 */
int referrers_each(struct registry *reg, struct http *h, const struct digest *of,
		   const struct referrers_taker *to, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/mirror.h"
#include "image/registry/registry.h"

/* Takes what refers to a manifest, entry by entry. */
struct referrers_taker {
	/* Return: 0; 1: no more is wanted; -errno with a message. */
	int (*take)(void *arg, const struct oci_descriptor *d, struct err *err);
	void *arg;
};

/**
 * referrers_each() - list what refers to a manifest, as one server has it
 * @reg: the server; its mirrors are not asked
 * @of:  a digest of sha256
 *
 * For a server without such lists, the index with the tag sha256-HEX is read (distribution-spec
 * "Listing Referrers").
 *
 * Return: 0, also for an empty list; 1 as @to said; -EBADMSG, -EFBIG for an unreadable list; as
 * registry_manifest(); what @to returned; with a message.
 */
int referrers_each(struct registry *reg, struct http *h, const struct digest *of,
		   const struct referrers_taker *to, struct err *err);

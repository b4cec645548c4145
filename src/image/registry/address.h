/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/http.h"

/* Where a registry is: its host, and whether it is spoken to in the clear. */
struct address {
	const char *host; /* borrowed: "HOST[:PORT]" */
	bool plain;	  /* http */
	bool unsure;	  /* nothing was heard yet that says whether that is right */
};

/** address_of() - as was asked for, or as the settings have it, or by the host: this machine is
 * spoken to in the clear first, and one whose certificates are not checked with TLS first */
struct address address_of(const struct registry_access *access, const char *host);

/**
 * address_doubt() - does an answer, or the lack of one, say that the other scheme is the right one?
 * @r:  of http_send()
 * @rs: its answer where @r is 0
 *
 * Return: true with the other one in @a; at most once.
 */
bool address_doubt(struct address *a, int r, const struct http_response *rs);

static inline const char *address_scheme(const struct address *a)
{
	return a->plain ? "http" : "https";
}

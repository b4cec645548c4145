/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/http.h"

/* A registry's host, and whether plain HTTP or TLS is spoken to it. */
struct address {
	const char *host; /* borrowed: "HOST[:PORT]" */
	bool plain;	  /* plain HTTP */
	bool unsure;	  /* no answer yet has told whether @plain is right */
};

/** address_of() - choose the scheme that was asked for, or that the settings name, or by the host:
 * plain HTTP first for this machine, TLS first for one whose certificates are not checked */
struct address address_of(const struct registry_access *access, const char *host);

/**
 * address_doubt() - does an answer, or its lack, tell that the other scheme is the right one?
 * @r:  of http_send()
 * @rs: its answer where @r is 0
 *
 * Return: true, and @a has the other scheme; at most once.
 */
bool address_doubt(struct address *a, int r, const struct http_response *rs);

static inline const char *address_scheme(const struct address *a)
{
	return a->plain ? "http" : "https";
}

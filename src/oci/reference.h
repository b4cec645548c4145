/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

#define DIGEST_HEX_LEN	64		     /* of sha256 */
#define DIGEST_HEX_MAX	128		     /* of sha512 */
#define DIGEST_TEXT_MAX (7 + DIGEST_HEX_MAX) /* "sha512:" and the hex */

/* A validated digest, by one of the two registered algorithms (image-spec, descriptor.md
 * "Digests"). */
struct digest {
	char text[DIGEST_TEXT_MAX + 1]; /* "sha256:…"; the empty string is "none" */
};

/** digest_parse() - check and copy a digest.  Return: 0; -EINVAL with a message. */
int digest_parse(const char *text, struct digest *ret, struct err *err);

/** digest_hex() - get the part behind "sha256:" or "sha512:"; borrowed */
static inline const char *digest_hex(const struct digest *d)
{
	return d->text + 7;
}

static inline bool digest_is_sha512(const struct digest *d)
{
	return d->text[3] == '5';
}

/** digest_algorithm() - get "sha256" or "sha512" */
static inline const char *digest_algorithm(const struct digest *d)
{
	return digest_is_sha512(d) ? "sha512" : "sha256";
}

static inline bool digest_is_set(const struct digest *d)
{
	return d->text[0] != '\0';
}

static inline bool digest_is_same(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

/*
 * An image reference in full form: docker.io/library/alpine:latest, with docker's
 * defaults filled in (registry docker.io, "library/", tag latest when there is no digest).
 */
struct reference {
	char *registry;	  /* "docker.io", "localhost:5000" */
	char *repository; /* "library/alpine" */
	char *tag;	  /* NULL when only a digest was given */
	struct digest digest;
};

/** reference_parse() - parse what a user typed.  @ret: owned, reference_free().  Return: 0; -EINVAL
 * with a message; -ENOMEM. */
int reference_parse(const char *text, struct reference **ret, struct err *err);

/** reference_free() - NULL is accepted */
void reference_free(struct reference *r);

/** reference_full() - write "docker.io/library/alpine:3.19", or "…@sha256:…" without a tag; owned
 * by the caller; NULL when out of memory */
char *reference_full(const struct reference *r);

/** reference_familiar() - write a reference as docker shows it, defaults left out: "alpine:3.19";
 * owned by the caller; NULL when out of memory */
char *reference_familiar(const struct reference *r);

DEFINE_CLEANUP(struct reference, reference_free)
#define cleanup_reference cleanup(reference_free_cleanup_fn)

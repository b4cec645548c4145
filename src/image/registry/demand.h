/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/pubkey.h"
#include "image/image.h"
#include "oci/signature.h"

/* A demand that an image be signed. */
struct demand {
	struct pubkeys *keys; /* one of them must have signed; NULL: nothing is demanded */
	char *expected;	      /* the name that must be signed, without tag; NULL: any */
	bool by_name;	      /* a signature for no name does not count */
	char *by;	      /* who makes the demand, for messages */
	bool is_met;
	char *proof;	/* set when the demand is met: see "verified" of struct image */
	struct err why; /* why the signature that came closest does not count */
};

/** demand_of_key() - demand that one of some keys has signed an image by its name.  @ret:
 * demand_reset().  Return: 0; -EINVAL with a message; -ENOMEM. */
int demand_of_key(const char *pem, const struct reference *ref, struct demand *ret,
		  struct err *err);

/** demand_of_policy() - demand what a policy says of an image.  @p: NULL: nothing.  Return: as
 * demand_of_key(). */
int demand_of_policy(const struct signature_policy *p, const struct reference *ref,
		     struct demand *ret, struct err *err);
void demand_reset(struct demand *d);

/* A signature, and the text that it should be of; everything is borrowed. */
struct candidate {
	struct buf signature;
	struct buf text; /* the text that should be signed */
	/* Reads from the text which image it is about.  NULL: the text is the image's manifest. */
	int (*read)(const struct buf *content, const struct digest *manifest,
		    struct oci_signed *ret, struct err *err);
	struct buf content;
};

/**
 * demand_judge() - does a signature meet a demand?  Its text is read only when it is by the right
 * key.
 * @manifest: of the image, of sha256
 *
 * Return: 0, met or not; -ENOMEM with a message.
 */
int demand_judge(struct demand *d, const struct candidate *c, const struct reference *ref,
		 const struct digest *manifest, struct err *err);

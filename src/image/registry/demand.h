/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/pubkey.h"
#include "image/image.h"
#include "oci/signature.h"

/* Who must have signed an image, and what a signature is worth for that. */
struct demand {
	struct pubkeys *keys; /* NULL: nobody must */
	char *expected;	      /* name that the signature must be for, without tag; NULL: any */
	bool by_name;	      /* one that is for no name will not do */
	char *by;	      /* who demands it, for messages */
	bool is_met;
	char *proof;	/* by what, once it is met: as "verified" of struct image */
	struct err why; /* not, of the signature that came closest */
};

/** demand_of_key() - that one of some keys has signed an image by its name.  @ret: demand_reset().
 * Return: 0; -EINVAL with a message; -ENOMEM. */
int demand_of_key(const char *pem, const struct reference *ref, struct demand *ret,
		  struct err *err);

/** demand_of_policy() - what a policy demands of an image.  @p: NULL: nothing.  Return: as
 * demand_of_key(). */
int demand_of_policy(const struct signature_policy *p, const struct reference *ref,
		     struct demand *ret, struct err *err);
void demand_reset(struct demand *d);

/* A signature, and what it is said to be of; everything is borrowed. */
struct candidate {
	struct buf signature;
	struct buf text; /* what was signed */
	/* What says which image that is.  NULL: the text is the image's manifest. */
	int (*read)(const struct buf *content, const struct digest *manifest,
		    struct oci_signed *ret, struct err *err);
	struct buf content;
};

/** demand_judge() - is a demand met by a signature?  What it says is looked at only when it is by
 * the right key.
 * @manifest: of the image, of sha256
 *
 * Return: 0, also when not; -ENOMEM with a message. */
int demand_judge(struct demand *d, const struct candidate *c, const struct reference *ref,
		 const struct digest *manifest, struct err *err);

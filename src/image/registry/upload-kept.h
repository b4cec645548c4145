/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/hash.h"
#include "image/store/claim.h"
#include "oci/reference.h"

/* Where uploads that are under way go, for a push that comes after this one. */

struct upload_kept {
	struct store *st; /* borrowed; NULL: nothing is kept */
	char name[SHA256_HEX_LEN + 1];
	struct claim claim;
};

/**
 * upload_kept_begin() - have the upload of a blob to a repository for oneself
 * @k:    upload_kept_end(), on failure too; it stays where it is until then
 * @st:   NULL keeps nothing
 * @base: "https://host/v2/repository"
 *
 * Return: 0; 1 where another push that brought the same blob there was waited for; -ECANCELED;
 * -ENOMEM.
 */
int upload_kept_begin(struct upload_kept *k, struct store *st, const char *base,
		      const struct digest *blob, const struct progress *progress);

/** upload_kept_read() - the address that was noted within the last day; owned; NULL where there is
 * none */
char *upload_kept_read(const struct upload_kept *k);

/** upload_kept_note() - an upload goes on at this address.  What cannot be noted is begun anew the
 * next time. */
void upload_kept_note(const struct upload_kept *k, const char *url);

/** upload_kept_drop() - the upload is over, or nobody knows it any more */
void upload_kept_drop(const struct upload_kept *k);
void upload_kept_end(struct upload_kept *k);

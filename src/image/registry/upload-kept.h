/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/hash.h"
#include "image/store/claim.h"
#include "oci/reference.h"

/* Addresses of uploads that are under way, for a later push to continue. */

struct upload_kept {
	struct store *st; /* borrowed; NULL: nothing is remembered */
	char name[SHA256_HEX_LEN + 1];
	struct claim claim;
};

/**
 * upload_kept_begin() - get an upload's record for oneself: nobody else has it until
 * upload_kept_end()
 * @k:    upload_kept_end(), on failure too; must not move until then
 * @st:   NULL: nothing is remembered
 * @base: "https://host/v2/repository"
 *
 * Return: 0; 1 after waiting for another push that brought the same blob there; -ECANCELED;
 * -ENOMEM.
 */
int upload_kept_begin(struct upload_kept *k, struct store *st, const char *base,
		      const struct digest *blob, const struct progress *progress);

/** upload_kept_read() - get the address noted within the last day; owned; NULL: none */
char *upload_kept_read(const struct upload_kept *k);

/** upload_kept_note() - note the address at which an upload continues.  If that fails, the next
 * push begins anew. */
void upload_kept_note(const struct upload_kept *k, const char *url);

/** upload_kept_drop() - forget the upload: it is over, or the registry does not know it any more */
void upload_kept_drop(const struct upload_kept *k);
void upload_kept_end(struct upload_kept *k);

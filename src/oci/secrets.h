/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/wire.h"

/*
 * Files with secrets in a container, in memory alone.  A plain structure without JSON, because the
 * guest uses it too, and because what is in there is to be in as few places as can be.
 */

#define OCI_SECRETS_MAX	     64u
#define OCI_SECRET_MAX_BYTES (500u << 10) /* of one, as docker has it */
#define OCI_SECRETS_DIR	     "/run/secrets"

struct oci_secret {
	char *path; /* absolute, in the container */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* permissions alone */
	struct buf data;
};

struct oci_secrets {
	struct oci_secret *items;
	size_t n;
};

/** oci_secrets_reset() - overwrite and free */
void oci_secrets_reset(struct oci_secrets *s);

/** oci_secrets_add() - room for one more at the end.  Return: borrowed, empty; NULL when out of
 * memory, or where there are OCI_SECRETS_MAX. */
struct oci_secret *oci_secrets_add(struct oci_secrets *s);

/** oci_secret_path_is_good() - absolute, and without ".", ".." and empty parts; a file */
bool oci_secret_path_is_good(const char *path);

/** oci_secrets_put() - append their binary form (docs/LINK.md).  Return: 0; -ENOMEM. */
int oci_secrets_put(struct buf *b, const struct oci_secrets *s);

/** oci_secrets_get() - the other way.  @ret: oci_secrets_reset(), on failure too.  Return: 0;
 * -EBADMSG; -ENOMEM. */
int oci_secrets_get(struct wire_view *v, struct oci_secrets *ret);

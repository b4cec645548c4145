/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/wire.h"

/*
 * Files with secrets in a container, kept in memory only.  A plain structure without JSON, because
 * the guest uses it too, and because secrets are to be in as few places as possible.
 */

#define OCI_SECRETS_MAX	     64u
#define OCI_SECRET_MAX_BYTES (500u << 10) /* of one secret, as in docker */
#define OCI_SECRETS_DIR	     "/run/secrets"

struct oci_secret {
	char *path; /* absolute, in the container */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* permission bits only */
	struct buf data;
};

struct oci_secrets {
	struct oci_secret *items;
	size_t n;
};

/** oci_secrets_reset() - overwrite and free the secrets */
void oci_secrets_reset(struct oci_secrets *s);

/** oci_secrets_add() - make room for a secret at the end.  Return: borrowed, empty; NULL when out
 * of memory, or where there are OCI_SECRETS_MAX. */
struct oci_secret *oci_secrets_add(struct oci_secrets *s);

/** oci_secret_path_is_good() - is a path absolute, of a file, and without ".", ".." and empty
 * parts? */
bool oci_secret_path_is_good(const char *path);

/** oci_secrets_put() - append their binary form (docs/LINK.md).  Return: 0; -ENOMEM. */
int oci_secrets_put(struct buf *b, const struct oci_secrets *s);

/** oci_secrets_get() - read their binary form.  @ret: oci_secrets_reset(), on failure too.  Return:
 * 0; -EBADMSG; -ENOMEM. */
int oci_secrets_get(struct wire_view *v, struct oci_secrets *ret);

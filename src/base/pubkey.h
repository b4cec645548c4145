/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

/* Public keys that signatures are checked with, over OpenSSL's EVP: ECDSA on P-256 and P-384, RSA
 * (PKCS #1 v1.5, 2048 bits and more), Ed25519.  Host programs only. */
struct pubkeys;

#define PUBKEY_ID_LEN 64 /* SHA-256 of the key in DER, in hex */

#define PUBKEYS_MAX	 16
#define PUBKEY_MAX_BYTES 65536u /* of a text */

/**
 * pubkeys_read() - keys in PEM ("BEGIN PUBLIC KEY"), one after the other
 * @ret: owned, pubkeys_free()
 *
 * Return: 0; -EINVAL for no key at all, more than PUBKEYS_MAX, and one of another kind, with a
 * message; -ENOMEM.
 */
int pubkeys_read(const char *pem, size_t len, struct pubkeys **ret, struct err *err);

/** pubkeys_free() - NULL is accepted */
void pubkeys_free(struct pubkeys *k);

/**
 * pubkeys_verify() - is it the signature of a text by one of the keys?
 *
 * What is signed is the text's SHA-256, with P-384 also its SHA-384, with Ed25519 the text.
 *
 * Return: the key's id, borrowed from @k; NULL: by none.
 */
const char *pubkeys_verify(const struct pubkeys *k, const struct buf *text,
			   const struct buf *signature);

/** pubkeys_have() - is it the id of one of the keys? */
bool pubkeys_have(const struct pubkeys *k, const char *id);

DEFINE_CLEANUP(struct pubkeys, pubkeys_free)
#define cleanup_pubkeys cleanup(pubkeys_free_cleanup_fn)

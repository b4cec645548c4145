/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_LEN 64
#define HASH_HEX_MAX   128 /* of SHA-512 */

enum hash_kind { HASH_SHA256, HASH_SHA512 };

/* A running SHA-256 or SHA-512, by OpenSSL's EVP.  Host programs only; the guest has none. */
struct hash;

/** hash_new() - begin, with SHA-256.  @ret: owned, hash_free().  Return: 0; -ENOMEM. */
int hash_new(struct hash **ret);

/** hash_new_of() - begin.  @ret: owned, hash_free().  Return: 0; -ENOMEM. */
int hash_new_of(enum hash_kind kind, struct hash **ret);

/** hash_free() - NULL is accepted */
void hash_free(struct hash *h);

/** hash_update() - add bytes.  Return: 0; -EIO when OpenSSL refuses. */
int hash_update(struct hash *h, const void *data, size_t len);

/** hash_final() - get the digest of SHA-256, as lower-case hex and a NUL; @h can only be freed
 * after.  Return: 0; -EIO. */
int hash_final(struct hash *h, char ret_hex[SHA256_HEX_LEN + 1]);

/** hash_final_of() - as hash_final(), of any kind */
int hash_final_of(struct hash *h, char ret_hex[HASH_HEX_MAX + 1]);

/** hash_bytes() - the digest of one piece of memory.  Return: 0; -ENOMEM; -EIO. */
int hash_bytes(const void *data, size_t len, char ret_hex[SHA256_HEX_LEN + 1]);

/** hash_fd() - the digest of a file from its current offset to its end.  Return: 0; -errno. */
int hash_fd(int fd, char ret_hex[SHA256_HEX_LEN + 1]);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_LEN 64

/* SHA-256 in a stream, over OpenSSL's EVP.  Host programs only; the guest has none. */
struct hash;

/** hash_new() - begin.  @ret: owned, hash_free().  Return: 0; -ENOMEM. */
int hash_new(struct hash **ret);

/** hash_free() - NULL is accepted */
void hash_free(struct hash *h);

/** hash_update() - add bytes.  Return: 0; -EIO when OpenSSL refuses. */
int hash_update(struct hash *h, const void *data, size_t len);

/** hash_final() - the digest as lower-case hex and a NUL; @h can only be freed after.  Return: 0;
 * -EIO. */
int hash_final(struct hash *h, char ret_hex[SHA256_HEX_LEN + 1]);

/** hash_bytes() - the digest of one piece of memory.  Return: 0; -ENOMEM; -EIO. */
int hash_bytes(const void *data, size_t len, char ret_hex[SHA256_HEX_LEN + 1]);

/** hash_fd() - the digest of a file from its current offset to its end.  Return: 0; -errno. */
int hash_fd(int fd, char ret_hex[SHA256_HEX_LEN + 1]);

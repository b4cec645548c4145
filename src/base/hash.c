/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/macro.h"

struct hash {
	EVP_MD_CTX *ctx;
};

DEFINE_CLEANUP(struct hash, hash_free)

int hash_new_of(enum hash_kind kind, struct hash **ret)
{
	const EVP_MD *md = kind == HASH_SHA512 ? EVP_sha512() : EVP_sha256();
	struct hash *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, md, NULL) != 1) {
		hash_free(h);
		return -ENOMEM;
	}
	*ret = h;
	return 0;
}

int hash_new(struct hash **ret)
{
	return hash_new_of(HASH_SHA256, ret);
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

int hash_update(struct hash *h, const void *data, size_t len)
{
	return EVP_DigestUpdate(h->ctx, data, len) == 1 ? 0 : -EIO;
}

int hash_final_of(struct hash *h, char ret_hex[HASH_HEX_MAX + 1])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (EVP_DigestFinal_ex(h->ctx, raw, &len) != 1)
		return -EIO;
	hex_encode(raw, len, ret_hex);
	return 0;
}

int hash_final(struct hash *h, char ret_hex[SHA256_HEX_LEN + 1])
{
	char hex[HASH_HEX_MAX + 1];
	int r = hash_final_of(h, hex);

	if (r == 0)
		memcpy(ret_hex, hex, SHA256_HEX_LEN + 1);
	return r;
}

int hash_bytes(const void *data, size_t len, char ret_hex[SHA256_HEX_LEN + 1])
{
	cleanup(hash_free_cleanup_fn) struct hash *h = NULL;
	int r = hash_new(&h);

	if (r == 0)
		r = hash_update(h, data, len);
	return r == 0 ? hash_final(h, ret_hex) : r;
}

int hash_fd(int fd, char ret_hex[SHA256_HEX_LEN + 1])
{
	cleanup(hash_free_cleanup_fn) struct hash *h = NULL;
	cleanup_free char *chunk = malloc(KIB(128));
	int r = hash_new(&h);

	if (!chunk)
		return -ENOMEM;
	while (r == 0) {
		ssize_t n = read(fd, chunk, KIB(128));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return hash_final(h, ret_hex);
		r = hash_update(h, chunk, (size_t)n);
	}
	return r;
}

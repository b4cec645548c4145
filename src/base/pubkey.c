/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pubkey.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

/*
 * Theory of operation: OpenSSL reads the keys, and this takes only those of kinds and sizes that
 * signatures are made with today.  A key's kind decides the hash; a signature has no say in it.
 *
 * The user chooses the keys; texts and signatures are anybody's.
 */

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192

struct pubkeys {
	EVP_PKEY *list[PUBKEYS_MAX];
	char ids[PUBKEYS_MAX][PUBKEY_ID_LEN + 1];
	size_t n;
};

void pubkeys_free(struct pubkeys *k)
{
	for (size_t i = 0; k && i < k->n; i++)
		EVP_PKEY_free(k->list[i]);
	free(k);
}

static bool is_on_curve(EVP_PKEY *key, const char *curve)
{
	char name[64];
	size_t len;

	return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
					      &len) == 1 &&
	       streq(name, curve);
}

#define CURVE_P256 "prime256v1"
#define CURVE_P384 "secp384r1"

static int check_key(EVP_PKEY *key, struct err *err)
{
	int bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "ED25519") ||
	    (EVP_PKEY_is_a(key, "EC") &&
	     (is_on_curve(key, CURVE_P256) || is_on_curve(key, CURVE_P384))))
		return 0;
	if (!EVP_PKEY_is_a(key, "RSA"))
		return err_set(err, -EINVAL,
			       "the key is neither ECDSA on P-256 or P-384, nor RSA, nor Ed25519");
	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
		return err_set(err, -EINVAL, "an RSA key must have %d to %d bits, not %d",
			       RSA_MIN_BITS, RSA_MAX_BITS, bits);
	return 0;
}

static int take_id(EVP_PKEY *key, char ret[PUBKEY_ID_LEN + 1], struct err *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	int r = len > 0 ? hash_bytes(der, (size_t)len, ret) : -ENOMEM;

	OPENSSL_free(der);
	return r < 0 ? err_errno(err, r, "a public key's id") : 0;
}

static int add_key(struct pubkeys *k, EVP_PKEY *key, struct err *err)
{
	int r;

	if (!key)
		return err_set(err, -EINVAL, "key number %zu in it is damaged", k->n + 1);
	r = k->n < PUBKEYS_MAX ? check_key(key, err)
			       : err_set(err, -EINVAL, "more than %d keys", PUBKEYS_MAX);
	if (r == 0)
		r = take_id(key, k->ids[k->n], err);
	if (r < 0)
		EVP_PKEY_free(key);
	else
		k->list[k->n++] = key;
	return r;
}

/* Reads one block of PEM.  Return: 1; 0 when there are no more; -EINVAL with a message. */
static int read_block(BIO *bio, struct pubkeys *k, struct err *err)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	const unsigned char *at;
	long len;
	int r;

	if (PEM_read_bio(bio, &name, &header, &data, &len) != 1)
		return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
			       ? 0
			       : add_key(k, NULL, err);
	at = data;
	if (streq(name, PEM_STRING_PUBLIC))
		r = add_key(k, d2i_PUBKEY(NULL, &at, len), err);
	else
		r = err_set(err, -EINVAL, "it has a %.40s, which is no PUBLIC KEY", name);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	return r < 0 ? r : 1;
}

static int read_keys(BIO *bio, struct pubkeys *k, struct err *err)
{
	int r;

	do {
		r = read_block(bio, k, err);
		ERR_clear_error();
	} while (r > 0);
	if (r == 0 && k->n == 0)
		return err_set(err, -EINVAL,
			       "it has no public key in PEM (\"-----BEGIN PUBLIC KEY-----\")");
	return r;
}

int pubkeys_read(const char *pem, size_t len, struct pubkeys **ret, struct err *err)
{
	cleanup_pubkeys struct pubkeys *k = calloc(1, sizeof(*k));
	BIO *bio;
	int r;

	if (len > PUBKEY_MAX_BYTES)
		return err_set(err, -EINVAL, "it is longer than %u bytes", PUBKEY_MAX_BYTES);
	bio = k ? BIO_new_mem_buf(pem, (int)len) : NULL;
	if (!bio)
		return err_nomem(err);
	r = read_keys(bio, k, err);
	BIO_free(bio);
	if (r == 0)
		*ret = take_ptr(k);
	return r;
}

static bool verify_with(EVP_PKEY *key, const EVP_MD *md, const struct buf *text,
			const struct buf *signature)
{
	const void *bytes = text->data ? text->data : "";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, (const void *)signature->data, signature->len, bytes,
				     text->len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

static bool is_by(EVP_PKEY *key, const struct buf *text, const struct buf *signature)
{
	bool hashed = !EVP_PKEY_is_a(key, "ED25519");

	if (verify_with(key, hashed ? EVP_sha256() : NULL, text, signature))
		return true;
	return hashed && is_on_curve(key, CURVE_P384) &&
	       verify_with(key, EVP_sha384(), text, signature);
}

const char *pubkeys_verify(const struct pubkeys *k, const struct buf *text,
			   const struct buf *signature)
{
	for (size_t i = 0; i < k->n; i++)
		if (is_by(k->list[i], text, signature))
			return k->ids[i];
	return NULL;
}

bool pubkeys_have(const struct pubkeys *k, const char *id)
{
	for (size_t i = 0; i < k->n; i++)
		if (streq(k->ids[i], id))
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/pubkey.h"

static char text[] = "what is signed";

/* Appends the public half of a key to @pem. */
static void add_public(EVP_PKEY *key, struct buf *pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	len = BIO_get_mem_data(bio, &data);
	assert_int_equal(buf_add(pem, data, (size_t)len), 0);
	BIO_free(bio);
}

static size_t sign(EVP_PKEY *key, const EVP_MD *md, unsigned char ret[1024])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 1024;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, ret, &len, (const unsigned char *)text, sizeof(text)),
			 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

static struct pubkeys *read_ok(const struct buf *pem)
{
	struct pubkeys *k = NULL;
	struct err err = { 0 };

	if (pubkeys_read(pem->data, pem->len, &k, &err) < 0)
		fail_msg("%s", err.msg);
	return k;
}

static const char *verify(const struct pubkeys *k, size_t text_len, unsigned char *signature,
			  size_t len)
{
	const struct buf t = { .data = text, .len = text_len };
	const struct buf s = { .data = (char *)signature, .len = len };

	return pubkeys_verify(k, &t, &s);
}

static void check_key(EVP_PKEY *key, const EVP_MD *md)
{
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	unsigned char signature[1024];
	size_t len = sign(key, md, signature);
	struct pubkeys *k;
	const char *id;

	add_public(key, &pem);
	k = read_ok(&pem);
	id = verify(k, sizeof(text), signature, len);
	assert_non_null(id);
	assert_int_equal(strlen(id), PUBKEY_ID_LEN);
	assert_true(pubkeys_have(k, id));
	assert_false(pubkeys_have(k, ""));
	assert_null(verify(k, sizeof(text) - 1, signature, len));
	assert_null(verify(k, sizeof(text), signature, len - 1));
	assert_null(verify(k, sizeof(text), NULL, 0));
	signature[len / 2] ^= 1;
	assert_null(verify(k, sizeof(text), signature, len));
	pubkeys_free(k);
	EVP_PKEY_free(key);
}

static void test_each_kind_of_key_verifies_its_own_signatures_alone(void **state)
{
	(void)state;
	check_key(EVP_EC_gen("P-256"), EVP_sha256());
	check_key(EVP_EC_gen("P-384"), EVP_sha256());
	check_key(EVP_EC_gen("P-384"), EVP_sha384());
	check_key(EVP_RSA_gen(2048), EVP_sha256());
	check_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
}

static void test_one_of_several_keys_is_enough(void **state)
{
	EVP_PKEY *first = EVP_EC_gen("P-256"), *second = EVP_EC_gen("P-256"),
		 *stranger = EVP_EC_gen("P-256");
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	unsigned char signature[1024];
	struct pubkeys *k;

	(void)state;
	add_public(first, &pem);
	add_public(second, &pem);
	k = read_ok(&pem);
	assert_non_null(verify(k, sizeof(text), signature, sign(second, EVP_sha256(), signature)));
	assert_null(verify(k, sizeof(text), signature, sign(stranger, EVP_sha256(), signature)));
	assert_null(verify(k, sizeof(text), signature, sign(second, EVP_sha384(), signature)));
	pubkeys_free(k);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	EVP_PKEY_free(stranger);
}

static void refused(EVP_PKEY *key, const char *words)
{
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	struct err err = { 0 };
	struct pubkeys *k;

	add_public(key, &pem);
	assert_int_equal(pubkeys_read(pem.data, pem.len, &k, &err), -EINVAL);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.msg);
	EVP_PKEY_free(key);
}

static void test_other_keys_are_refused(void **state)
{
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	EVP_PKEY *good = EVP_EC_gen("P-256");
	struct err err = { 0 };
	struct pubkeys *k;

	(void)state;
	refused(EVP_EC_gen("P-521"), "neither");
	refused(EVP_EC_gen("secp256k1"), "neither");
	refused(EVP_RSA_gen(1024), "2048");
	refused(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "neither");
	assert_int_equal(pubkeys_read("", 0, &k, &err), -EINVAL);
	add_public(good, &pem);
	assert_int_equal(buf_adds(&pem, "-----BEGIN PUBLIC KEY-----\nAAAA\n"
					"-----END PUBLIC KEY-----\n"),
			 0);
	assert_int_equal(pubkeys_read(pem.data, pem.len, &k, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "key number 2"));
	EVP_PKEY_free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_key_verifies_its_own_signatures_alone),
		cmocka_unit_test(test_one_of_several_keys_is_enough),
		cmocka_unit_test(test_other_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

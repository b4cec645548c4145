/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/pubkey.h"
#include "oci/bundle.h"
#include "oci/signature.h"

#define A_HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B_HEX "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define KEY   "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"x\"}}"

#define BUNDLE(rest) "{\"mediaType\":\"" MEDIA_BUNDLE "\"," KEY "," rest "}"
#define ENVELOPE(type, payload, signatures)                                                        \
	BUNDLE("\"dsseEnvelope\":{\"payloadType\":\"" type "\",\"payload\":\"" payload             \
	       "\",\"signatures\":[" signatures "]}")
#define STATEMENT_TYPE "application/vnd.in-toto+json"

static void test_a_statement_in_an_envelope(void **state)
{
	static const char text[] =
		ENVELOPE(STATEMENT_TYPE, "e30=", "{\"sig\":\"AAEC\",\"keyid\":\"\"}");
	static const char pae[] = "DSSEv1 28 application/vnd.in-toto+json 2 {}";
	struct oci_bundle b;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(oci_bundle_read(text, strlen(text), &b, &err), 0);
	assert_true(b.of_statement);
	assert_false(b.has_certificate);
	assert_int_equal(b.signature.len, 3);
	assert_memory_equal(b.signature.data, "\0\1\2", 3);
	assert_string_equal(b.statement.data, "{}");
	assert_string_equal(b.signed_text.data, pae);
	oci_bundle_reset(&b);
}

static void test_a_signature_of_the_manifest_itself(void **state)
{
	static const char text[] =
		"{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.2\","
		"\"verificationMaterial\":{\"x509CertificateChain\":{}},"
		"\"messageSignature\":{\"signature\":\"AAEC\"}}";
	struct oci_bundle b;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(oci_bundle_read(text, strlen(text), &b, &err), 0);
	assert_false(b.of_statement);
	assert_true(b.has_certificate);
	assert_int_equal(b.signature.len, 3);
	oci_bundle_reset(&b);
}

static void test_what_is_no_bundle(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "bundle" },
		{ "[]", "type" },
		{ "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.9+json\"}", "v0.9" },
		{ BUNDLE("\"x\":1"), "messageSignature" },
		{ BUNDLE("\"messageSignature\":{},\"dsseEnvelope\":{}"), "messageSignature" },
		{ BUNDLE("\"messageSignature\":[]"), "messageSignature" },
		{ BUNDLE("\"messageSignature\":{}"), "\"signature\"" },
		{ BUNDLE("\"messageSignature\":{\"signature\":\"!\"}"), "base64" },
		{ BUNDLE("\"messageSignature\":{\"signature\":\"\"}"), "base64" },
		{ ENVELOPE("text/plain", "e30=", "{\"sig\":\"AAEC\"}"), "text/plain" },
		{ ENVELOPE(STATEMENT_TYPE, "e30=", ""), "one signature" },
		{ ENVELOPE(STATEMENT_TYPE, "e30=", "{\"sig\":\"AAEC\"},{\"sig\":\"AAEC\"}"),
		  "one signature" },
		{ ENVELOPE(STATEMENT_TYPE, "", "{\"sig\":\"AAEC\"}"), "\"payload\"" },
		{ ENVELOPE(STATEMENT_TYPE, "e30=", "1"), "\"sig\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_bundle b;
		struct err err = { 0 };

		assert_int_equal(oci_bundle_read(cases[i].text, strlen(cases[i].text), &b, &err),
				 -EBADMSG);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].words, err.msg);
	}
}

#define STATEMENT(type, predicate, subjects)                                                       \
	"{\"_type\":\"" type "\",\"predicateType\":\"" predicate "\",\"subject\":[" subjects       \
	"],\"predicate\":{}}"
#define SIGNED(subjects) STATEMENT("https://in-toto.io/Statement/v1", SIGNATURE_PREDICATE, subjects)
#define SUBJECT(hex)	 "{\"digest\":{\"sha256\":\"" hex "\"},\"annotations\":{}}"
#define NAMED(name, hex) "{\"name\":\"" name "\",\"digest\":{\"sha256\":\"" hex "\"}}"

static const struct digest wanted = { "sha256:" A_HEX };

static void test_what_a_statement_is_about(void **state)
{
	static const struct {
		const char *text, *digest, *repository;
		bool has_tag;
	} cases[] = {
		{ SIGNED(SUBJECT(A_HEX)), "sha256:" A_HEX, NULL, false },
		{ SIGNED(SUBJECT(B_HEX) "," SUBJECT(A_HEX)), "sha256:" A_HEX, NULL, false },
		{ SIGNED(SUBJECT(B_HEX) "," SUBJECT("00")), "sha256:" B_HEX, NULL, false },
		{ SIGNED("7,{}," NAMED("r.example/a/b:old", A_HEX)), "sha256:" A_HEX, "a/b", true },
		{ SIGNED(NAMED("r.example/c", B_HEX) "," NAMED("r.example/a/b", A_HEX)),
		  "sha256:" A_HEX, "a/b", false },
		{ SIGNED(NAMED("_", A_HEX)), "sha256:" A_HEX, NULL, false },
		{ STATEMENT("https://in-toto.io/Statement/v0.1", SIGNATURE_PREDICATE,
			    SUBJECT(A_HEX)),
		  "sha256:" A_HEX, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_signed s;
		struct err err = { 0 };

		assert_int_equal(
			oci_statement_read(cases[i].text, strlen(cases[i].text), &wanted, &s, &err),
			0);
		assert_string_equal(s.manifest.text, cases[i].digest);
		assert_int_equal(!s.identity, !cases[i].repository);
		if (s.identity)
			assert_string_equal(s.identity->repository, cases[i].repository);
		assert_int_equal(s.has_tag, cases[i].has_tag);
		oci_signed_reset(&s);
	}
}

static void test_what_is_no_statement_that_signs(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "statement" },
		{ "[]", "of type" },
		{ STATEMENT("https://in-toto.io/Statement/v9", SIGNATURE_PREDICATE, SUBJECT(A_HEX)),
		  "v9" },
		{ STATEMENT("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1",
			    SUBJECT(A_HEX)),
		  "slsa.dev" },
		{ SIGNED(""), "about something" },
		{ SIGNED("{\"digest\":{\"sha512\":\"00\"}}"), "no digest" },
		{ SIGNED(SUBJECT("zz")), "no digest" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_signed s;
		struct err err = { 0 };

		assert_int_equal(
			oci_statement_read(cases[i].text, strlen(cases[i].text), &wanted, &s, &err),
			-EBADMSG);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].words, err.msg);
	}
}

/* Made by Sigstore's own library (@sigstore/sign 4.1.1) with a key of openssl's; the manifest is
 * the word "manifest". */
static const char sigstore_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYjlSxR3NSd1FRIOoMUiDNHhslKPI\n"
	"2wmheO2VvMBeDnBSw3N+19rFibjNGQ054kL5+nfmrq5pkcJOtKuA/pSJ2Q==\n"
	"-----END PUBLIC KEY-----\n";
static const char sigstore_statement[] =
	"{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verif"
	"icationMaterial\":{\"publicKey\":{\"hint\":\"r6NhUkMd6ghJqdJbc1PgAa01E4X"
	"/zg+LvqiUscQEgAg=\"},\"timestampVerificationData\":{}},\"dsseEnvelope\":"
	"{\"payload\":\"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiL"
	"CJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiMDViM2FiZjI1NzlhNWViNjY0MDNjZ"
	"Dc4YmU1NTdmZDg2MDYzM2ExZmUyMTAzYzc2NDIwMzBkZWZlMzJjNjU3ZiJ9LCJhbm5vdGF0a"
	"W9ucyI6e319XSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2lnc3RvcmUuZGV2L2Nvc2lnb"
	"i9zaWduL3YxIiwicHJlZGljYXRlIjp7fX0=\",\"payloadType\":\"application/vnd."
	"in-toto+json\",\"signatures\":[{\"sig\":\"MEYCIQCKLx1+ITB9EN1FtkEbaMZBjo"
	"zPENH4lRkgljKV7eFGrwIhAKySd+9/Q6cr+WPmepbljgDhV0kQxwGQzhIhMHoVPQ92\",\"k"
	"eyid\":\"r6NhUkMd6ghJqdJbc1PgAa01E4X/zg+LvqiUscQEgAg=\"}]}}";
static const char sigstore_message[] =
	"{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.2\","
	"\"verificationMaterial\":{\"publicKey\":{\"hint\":\"r6NhUkMd6ghJqdJbc1Pg"
	"Aa01E4X/zg+LvqiUscQEgAg=\"},\"timestampVerificationData\":{}},\"messageS"
	"ignature\":{\"messageDigest\":{\"algorithm\":\"SHA2_256\",\"digest\":\"B"
	"bOr8leaXrZkA814vlV/2GBjOh/iEDx2QgMN7+MsZX8=\"},\"signature\":\"MEUCIAX5v"
	"OrL2a+Dw+0Gv/zjX0xGmFriNfHAAOXnUlJuQ9ZRAiEAzdn9ENUELbXOof91MXXPCxtNxeaua"
	"SyU1K4ksIoEMPE=\"}}";

static bool is_signed(const struct buf *text, const struct oci_bundle *b)
{
	cleanup_pubkeys struct pubkeys *keys = NULL;

	assert_int_equal(pubkeys_read(sigstore_key, strlen(sigstore_key), &keys, NULL), 0);
	return pubkeys_verify(keys, text, &b->signature);
}

static void test_bundles_of_sigstores_own(void **state)
{
	static const struct digest manifest = {
		"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"
	};
	static char word[] = "manifest";
	const struct buf text = { .data = word, .len = strlen(word) };
	struct oci_bundle b;
	struct oci_signed s;

	(void)state;
	assert_int_equal(oci_bundle_read(sigstore_statement, strlen(sigstore_statement), &b, NULL),
			 0);
	assert_true(is_signed(&b.signed_text, &b));
	assert_false(is_signed(&b.statement, &b));
	assert_int_equal(oci_statement_read(b.statement.data, b.statement.len, &manifest, &s, NULL),
			 0);
	assert_string_equal(s.manifest.text, manifest.text);
	oci_signed_reset(&s);
	oci_bundle_reset(&b);
	assert_int_equal(oci_bundle_read(sigstore_message, strlen(sigstore_message), &b, NULL), 0);
	assert_false(b.of_statement);
	assert_true(is_signed(&text, &b));
	oci_bundle_reset(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_statement_in_an_envelope),
		cmocka_unit_test(test_a_signature_of_the_manifest_itself),
		cmocka_unit_test(test_what_is_no_bundle),
		cmocka_unit_test(test_bundles_of_sigstores_own),
		cmocka_unit_test(test_what_a_statement_is_about),
		cmocka_unit_test(test_what_is_no_statement_that_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

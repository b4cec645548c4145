/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "oci/signature.h"

#define HEX    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST "sha256:" HEX
#define TYPE   "cosign container image signature"

#define LAYER(type, size, annotations)                                                             \
	"{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST "\",\"size\":" size                     \
	",\"annotations\":{" annotations "}}"
#define SIGNATURE(text) "\"dev.cosignproject.cosign/signature\":\"" text "\""
#define PAYLOAD(reference, digest, type)                                                           \
	"{\"critical\":{\"identity\":{\"docker-reference\":\"" reference                           \
	"\"},\"image\":{\"docker-manifest-digest\":\"" digest "\"},\"type\":\"" type               \
	"\"},\"optional\":null}"

static void test_signatures_are_layers_with_an_annotation(void **state)
{
	static const char other[] = LAYER("text/plain", "5", SIGNATURE("AAEC"));
	static const char bare[] = LAYER(MEDIA_SIMPLE_SIGNING, "5", "\"x\":\"y\"");
	static const char damaged[] = LAYER(MEDIA_SIMPLE_SIGNING, "5", SIGNATURE("!!"));
	static const char huge[] = LAYER(MEDIA_SIMPLE_SIGNING, "99999999", SIGNATURE("AAEC"));
	static const char good[] = LAYER(MEDIA_SIMPLE_SIGNING, "241", SIGNATURE("AAEC"));
	char text[4096];
	struct oci_signatures s;
	struct err err = { 0 };

	(void)state;
	snprintf(text, sizeof(text), "{\"layers\":[%s,%s,%s,%s,%s]}", other, bare, damaged, huge,
		 good);
	assert_int_equal(oci_signatures_read(text, strlen(text), &s, &err), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.list[0].payload.size_bytes, 241);
	assert_string_equal(s.list[0].payload.digest.text, DIGEST);
	assert_int_equal(s.list[0].signature.len, 3);
	assert_memory_equal(s.list[0].signature.data, "\0\1\2", 3);
	oci_signatures_reset(&s);
}

static void test_what_is_no_manifest_of_signatures(void **state)
{
	static const char *const texts[] = { "", "[]", "{}", "{\"layers\":1}",
					     "{\"layers\":[{}]}" };
	struct oci_signatures s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = { 0 };

		assert_int_equal(oci_signatures_read(texts[i], strlen(texts[i]), &s, &err),
				 -EBADMSG);
		assert_true(*err.msg);
	}
}

static void test_what_was_signed(void **state)
{
	static const struct {
		const char *text, *registry, *repository;
		bool has_tag;
	} cases[] = {
		{ PAYLOAD("index.docker.io/library/alpine", DIGEST, TYPE), "docker.io",
		  "library/alpine", false },
		{ PAYLOAD("localhost:5000/a/b", DIGEST, TYPE), "localhost:5000", "a/b", false },
		{ PAYLOAD("r.example/a/b:old", DIGEST, TYPE), "r.example", "a/b", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_signed s;
		struct err err = { 0 };

		assert_int_equal(oci_signed_read(cases[i].text, strlen(cases[i].text), &s, &err),
				 0);
		assert_string_equal(s.manifest.text, DIGEST);
		assert_string_equal(s.identity->registry, cases[i].registry);
		assert_string_equal(s.identity->repository, cases[i].repository);
		assert_int_equal(s.has_tag, cases[i].has_tag);
		oci_signed_reset(&s);
	}
}

static void test_what_is_no_signed_text(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "signed text" },
		{ "[]", "type" },
		{ "{\"critical\":[]}", "type" },
		{ PAYLOAD("r.example/a", DIGEST, "atomic container signature"), "atomic" },
		{ PAYLOAD("r.example/a", "md5:00", TYPE), "no digest" },
		{ PAYLOAD("", DIGEST, TYPE), "no image" },
		{ PAYLOAD("UPPER/x y", DIGEST, TYPE), "no image" },
		{ "{\"critical\":{},\"critical\":{}}", "duplicate" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_signed s;
		struct err err = { 0 };

		assert_int_equal(oci_signed_read(cases[i].text, strlen(cases[i].text), &s, &err),
				 -EBADMSG);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].words, err.msg);
	}
}

#define ENTRY(rest)                                                                                \
	"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"" DIGEST "\",\"size\":1" rest "}"
#define OF_TYPE(type)	",\"artifactType\":\"" type "\""
#define PREDICATE(type) ",\"annotations\":{\"dev.sigstore.bundle.predicateType\":\"" type "\"}"
#define BUNDLE_OF(type)                                                                            \
	ENTRY(OF_TYPE("application/vnd.dev.sigstore.bundle.v0.3+json") PREDICATE(type))

static void test_which_referrers_may_be_signatures(void **state)
{
	static const struct {
		const char *text;
		bool may, attests;
	} cases[] = {
		{ ENTRY(""), true, false },
		{ ENTRY(OF_TYPE(MEDIA_SIGNATURES)), true, false },
		{ ENTRY(OF_TYPE("application/vnd.oci.empty.v1+json")), true, false },
		{ ENTRY(OF_TYPE("application/spdx+json")), false, false },
		{ BUNDLE_OF(SIGNATURE_PREDICATE), true, false },
		{ BUNDLE_OF("https://slsa.dev/provenance/v1"), false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json json_t *entry = json_loads(cases[i].text, 0, NULL), *again = NULL;
		struct oci_descriptor d = { 0 };
		bool attests;

		assert_int_equal(oci_descriptor_read(entry, &d, NULL), 0);
		assert_int_equal(oci_may_sign(&d, &attests), cases[i].may);
		assert_int_equal(attests, cases[i].attests);
		again = oci_descriptor_write(&d);
		assert_true(json_equal(entry, again));
		oci_descriptor_reset(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures_are_layers_with_an_annotation),
		cmocka_unit_test(test_what_is_no_manifest_of_signatures),
		cmocka_unit_test(test_what_was_signed),
		cmocka_unit_test(test_which_referrers_may_be_signatures),
		cmocka_unit_test(test_what_is_no_signed_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

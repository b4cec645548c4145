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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures_are_layers_with_an_annotation),
		cmocka_unit_test(test_what_is_no_manifest_of_signatures),
		cmocka_unit_test(test_what_was_signed),
		cmocka_unit_test(test_what_is_no_signed_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

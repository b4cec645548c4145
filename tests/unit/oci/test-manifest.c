/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/str.h"
#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/index.h"
#include "oci/manifest.h"

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define DESC(type, digest, size)                                                                   \
	"{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":" size "}"
#define CONFIG DESC(MEDIA_OCI_CONFIG, A, "10")
#define LAYER  DESC(MEDIA_OCI_LAYER "+gzip", B, "20")
#define MANIFEST(config, layers)                                                                   \
	"{\"schemaVersion\":2,\"config\":" config ",\"layers\":[" layers "]}"
#define ENTRY(digest, platform)                                                                    \
	"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"" digest                           \
	"\",\"size\":5,\"platform\":{" platform "}}"
#define PLATFORM(os, arch) "\"os\":\"" os "\",\"architecture\":\"" arch "\""

static int parse_manifest(const char *text, struct err *err)
{
	cleanup_oci_manifest struct oci_manifest *m = NULL;

	return oci_manifest_parse(text, strlen(text), &m, err);
}

static void test_manifest_round_trip(void **state)
{
	static const char text[] = MANIFEST(CONFIG, LAYER "," LAYER);
	cleanup_oci_manifest struct oci_manifest *m = NULL, *again = NULL;
	cleanup_free char *written = NULL;

	(void)state;
	assert_int_equal(oci_manifest_parse(text, strlen(text), &m, NULL), 0);
	assert_int_equal(m->n_layers, 2);
	assert_string_equal(m->config.digest.text, A);
	assert_int_equal(m->layers[1].size_bytes, 20);
	written = oci_manifest_write(m);
	assert_non_null(written);
	assert_int_equal(oci_manifest_parse(written, strlen(written), &again, NULL), 0);
	assert_int_equal(again->n_layers, 2);
	assert_string_equal(again->layers[0].digest.text, B);
}

/* Also where a manifest mixes both kinds, as tools have written. */
static void test_dockers_media_types_are_read_as_those_of_oci(void **state)
{
	static const char *const texts[] = {
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_DOCKER_MANIFEST
		"\",\"config\":" DESC(MEDIA_DOCKER_CONFIG, A, "10") ",\"layers\":[" DESC(
			MEDIA_DOCKER_LAYER ".gzip", B, "20") "]}",
		MANIFEST(CONFIG, DESC(MEDIA_DOCKER_LAYER ".gzip", B, "20")),
		MANIFEST(DESC(MEDIA_DOCKER_CONFIG, A, "10"), LAYER),
		MANIFEST(CONFIG, LAYER),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_oci_manifest struct oci_manifest *m = NULL;
		cleanup_free char *written = NULL;

		assert_int_equal(oci_manifest_parse(texts[i], strlen(texts[i]), &m, NULL), 0);
		assert_string_equal(m->config.media_type, MEDIA_OCI_CONFIG);
		assert_string_equal(m->layers[0].media_type, MEDIA_OCI_LAYER "+gzip");
		assert_int_equal(m->is_oci, i == ARRAY_SIZE(texts) - 1);
		written = oci_manifest_write(m);
		assert_null(strstr(written, "docker"));
	}
}

static void test_hostile_manifests_are_refused(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{ "", "JSON" },
		{ "[]", "object" },
		{ "{}", "schemaVersion" },
		{ "{\"schemaVersion\":1,\"fsLayers\":[]}", "schema 1" },
		{ "{\"schemaVersion\":\"2\"}", "schemaVersion" },
		{ "{\"schemaVersion\":2}", "config" },
		{ "{\"schemaVersion\":2,\"schemaVersion\":2}", "JSON" },
		{ "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\"}",
		  "not an image manifest" },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG "}", "layers" },
		{ "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":{}}", "layers" },
		{ MANIFEST(CONFIG, "7"), "object" },
		{ MANIFEST(DESC("application/vnd.example", A, "1"), LAYER), "artifact" },
		{ MANIFEST(DESC(MEDIA_OCI_CONFIG, A, "99999999"), LAYER), "larger" },
		{ MANIFEST(CONFIG, DESC(MEDIA_OCI_LAYER, "sha256:..", "1")), "digest" },
		{ MANIFEST(CONFIG, DESC(MEDIA_OCI_LAYER, "md5:aa", "1")), "digest" },
		{ MANIFEST(CONFIG, DESC(MEDIA_OCI_LAYER, B, "-1")), "size" },
		{ MANIFEST(CONFIG, DESC(MEDIA_OCI_LAYER, B, "1.5")), "size" },
		{ MANIFEST(CONFIG, DESC(MEDIA_OCI_LAYER, B, "99999999999999999999")), "JSON" },
		{ MANIFEST(CONFIG, DESC("", B, "1")), "mediaType" },
		{ MANIFEST(CONFIG, DESC("a\\r\\nb", B, "1")), "mediaType" },
		{ MANIFEST(CONFIG, "{\"digest\":\"" B "\",\"size\":1}"), "mediaType" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };

		assert_int_equal(parse_manifest(cases[i].text, &err), -EBADMSG);
		assert_non_null(strstr(err.msg, cases[i].word));
	}
}

static void test_too_many_layers_are_refused(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(
		buf_adds(&b, "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" LAYER), 0);
	for (int i = 0; i < OCI_LAYERS_MAX; i++)
		assert_int_equal(buf_adds(&b, "," LAYER), 0);
	assert_int_equal(buf_adds(&b, "]}"), 0);
	assert_int_equal(parse_manifest(b.data, NULL), -EBADMSG);
}

static void test_layer_kinds(void **state)
{
	static const char *const good[] = {
		MEDIA_OCI_LAYER,   MEDIA_OCI_LAYER "+gzip",   MEDIA_OCI_LAYER "+zstd",
		MEDIA_OCI_FOREIGN, MEDIA_OCI_FOREIGN "+gzip",
	};
	static const char *const bad[] = { MEDIA_OCI_LAYER "+gzip+encrypted", MEDIA_OCI_LAYER "+xz",
					   "text/plain" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(oci_layer_check(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(oci_layer_check(bad[i], NULL), -EOPNOTSUPP);
}

static void test_docker_foreign_layers_are_translated_with_their_urls(void **state)
{
	struct oci_descriptor d = { 0 };
	cleanup_json json_t *in = json_pack(
		"{s:s, s:s, s:i, s:[s]}", "mediaType", MEDIA_DOCKER_FOREIGN ".gzip", "digest",
		"sha256:0123456789012345678901234567890123456789012345678901234567890123", "size",
		5, "urls", "https://a.example/layer");
	cleanup_json json_t *out = NULL;
	bool changed = false;

	(void)state;
	assert_int_equal(oci_descriptor_read(in, &d, NULL), 0);
	assert_true(oci_layer_is_foreign(d.media_type));
	assert_int_equal(oci_descriptor_translate(&d, &changed), 0);
	assert_true(changed);
	assert_string_equal(d.media_type, MEDIA_OCI_FOREIGN "+gzip");
	out = oci_descriptor_write(&d);
	assert_true(json_equal(json_object_get(out, "urls"), json_object_get(in, "urls")));
	oci_descriptor_reset(&d);
}

static int select_from(const char *text, const char *want, char ret_digest[DIGEST_TEXT_MAX + 1],
		       struct err *err)
{
	cleanup_oci_index struct oci_index *ix = NULL;
	const struct oci_descriptor *d;
	struct platform p;
	int r;

	assert_int_equal(platform_parse(want, &p, NULL), 0);
	r = oci_index_parse(text, strlen(text), &ix, err);
	if (r == 0)
		r = oci_index_select(ix, &p, &d, err);
	if (r == 0)
		strcpy(ret_digest, d->digest.text);
	return r;
}

static void test_one_strange_entry_does_not_spoil_an_index(void **state)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"manifests\":["
		"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"blake3:00\",\"size\":1},"
		"{\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"digest\":\"" A
		"\",\"size\":1,\"platform\":{\"os\":\"an operating "
		"system\",\"architecture\":7}}," ENTRY(B, PLATFORM("linux", "amd64")) "]}";
	struct err err = { 0 };
	char digest[DIGEST_TEXT_MAX + 1];

	(void)state;
	assert_int_equal(select_from(text, "linux/amd64", digest, &err), 0);
	assert_string_equal(digest, B);
	assert_int_equal(select_from(text, "linux/arm64", digest, &err), -ENOENT);
}

static void test_index_selects_the_platform_or_names_what_there_is(void **state)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"manifests\":[" ENTRY(B, PLATFORM("unknown", "unknown")) "," ENTRY(
			A,
			PLATFORM("linux",
				 "arm64") ",\"variant\":\"v8\"") "," ENTRY(B,
									   PLATFORM("linux",
										    "amd64")) "]}";
	char digest[DIGEST_TEXT_MAX + 1];
	struct err err;

	(void)state;
	assert_int_equal(select_from(text, "linux/arm64", digest, &err), 0);
	assert_string_equal(digest, A);
	assert_int_equal(select_from(text, "linux/amd64", digest, &err), 0);
	assert_string_equal(digest, B);
	assert_int_equal(select_from(text, "linux/s390x", digest, &err), -ENOENT);
	assert_string_equal(
		err.msg,
		"no image for platform linux/s390x; there is: linux/arm64/v8, linux/amd64");
	assert_int_equal(
		select_from(
			"{\"schemaVersion\":2,\"manifests\":[" ENTRY(
				A,
				PLATFORM("linux",
					 "aarch64")) "," ENTRY(B,
							       "\"architecture\":\"x86_64\"") "]}",
			"amd64", digest, &err),
		0);
	assert_string_equal(digest, B);
	assert_int_equal(
		select_from("{\"schemaVersion\":2,\"manifests\":[]}", "amd64", digest, &err),
		-ENOENT);
	assert_int_equal(select_from("{\"schemaVersion\":2}", "amd64", digest, &err), -EBADMSG);
	assert_int_equal(select_from("{\"schemaVersion\":2,\"manifests\":[" ENTRY(
					     A, PLATFORM("li\\nux", "amd64")) "]}",
				     "amd64", digest, &err),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest_round_trip),
		cmocka_unit_test(test_dockers_media_types_are_read_as_those_of_oci),
		cmocka_unit_test(test_hostile_manifests_are_refused),
		cmocka_unit_test(test_too_many_layers_are_refused),
		cmocka_unit_test(test_layer_kinds),
		cmocka_unit_test(test_docker_foreign_layers_are_translated_with_their_urls),
		cmocka_unit_test(test_one_strange_entry_does_not_spoil_an_index),
		cmocka_unit_test(test_index_selects_the_platform_or_names_what_there_is),
	};

	return cmocka_run_group_tests_name("oci: manifest", tests, NULL, NULL);
}

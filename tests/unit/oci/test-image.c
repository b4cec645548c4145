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

#define FULL_CONFIG                                                                                \
	"{\"created\":\"2024-01-02T03:04:05Z\",\"architecture\":\"amd64\",\"os\":\"linux\","       \
	"\"config\":{\"User\":\"app\",\"Env\":[\"A=b\"],\"Entrypoint\":[\"/e\"],\"Cmd\":[\"c\"],"  \
	"\"WorkingDir\":\"/w\",\"StopSignal\":\"SIGINT\",\"ExposedPorts\":{\"80/tcp\":{}},"        \
	"\"Labels\":{\"l\":\"m\"},\"Volumes\":{\"/v\":{}},\"Healthcheck\":{\"Test\":[\"NONE\"]}}," \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" A                                       \
	"\"]},\"history\":[{\"comment\":\"x\"}]}"

static void test_config_is_read_and_copied(void **state)
{
	cleanup_oci_image_config struct oci_image_config *c = NULL, *copy = NULL;

	(void)state;
	assert_int_equal(oci_image_config_parse(FULL_CONFIG, strlen(FULL_CONFIG), &c, NULL), 0);
	copy = oci_image_config_copy(c);
	assert_non_null(copy);
	oci_image_config_free(take_ptr(c));
	assert_string_equal(copy->platform.arch, "amd64");
	assert_string_equal(copy->user, "app");
	assert_string_equal(copy->env[0], "A=b");
	assert_string_equal(copy->entrypoint[0], "/e");
	assert_string_equal(copy->cmd[0], "c");
	assert_string_equal(copy->working_dir, "/w");
	assert_string_equal(copy->stop_signal, "SIGINT");
	assert_string_equal(copy->diff_ids[0], A);
	assert_non_null(json_object_get(copy->exposed_ports, "80/tcp"));
	assert_non_null(json_object_get(copy->volumes, "/v"));
	assert_string_equal(json_string_value(json_object_get(copy->labels, "l")), "m");
	assert_int_equal(json_array_size(copy->history), 1);
	assert_non_null(json_object_get(copy->config, "Healthcheck"));
	assert_non_null(copy->healthcheck);
}

#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

static void test_a_platform_is_understood_as_people_write_it_and_completed(void **state)
{
	static const struct {
		const char *config;
		struct oci_descriptor manifest;
		const char *os, *arch, *variant;
	} cases[] = {
		{ "{\"os\":\"Linux\",\"architecture\":\"x86_64\",", { 0 }, "linux", "amd64", "" },
		{ "{\"architecture\":\"aarch64\",", { 0 }, "linux", "arm64", "" },
		{ "{",
		  { .has_platform = true, .platform = { "linux", "arm", "v6" } },
		  "linux",
		  "arm",
		  "v6" },
		{ "{\"architecture\":\"s390x\",",
		  { .has_platform = true, .platform = { "linux", "arm", "v6" } },
		  "linux",
		  "s390x",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_oci_image_config struct oci_image_config *c = NULL;
		cleanup_free char *text = str_printf("%s%s", cases[i].config, ROOTFS);

		assert_int_equal(oci_image_config_parse(text, strlen(text), &c, NULL), 0);
		oci_image_config_complete(c, &cases[i].manifest);
		assert_string_equal(c->platform.os, cases[i].os);
		assert_string_equal(c->platform.arch, cases[i].arch);
		assert_string_equal(c->platform.variant, cases[i].variant);
	}
}

#define HEAD "{\"architecture\":\"amd64\",\"os\":\"linux\","

static void test_hostile_configs_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"os\":\"li nux\"," ROOTFS,
		HEAD "\"x\":1}",
		HEAD "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:12\"]}}",
		HEAD "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[7]}}",
		HEAD "\"rootfs\":{\"type\":\"other\",\"diff_ids\":[]}}",
		HEAD "\"config\":[]," ROOTFS,
		HEAD "\"config\":{\"Env\":\"A=b\"}," ROOTFS,
		HEAD "\"config\":{\"Env\":[1]}," ROOTFS,
		HEAD "\"config\":{\"Cmd\":{}}," ROOTFS,
		HEAD "\"config\":{\"User\":0}," ROOTFS,
		HEAD "\"config\":{\"User\":\"a\\u0000b\"}," ROOTFS,
		HEAD "\"config\":{\"Labels\":{\"a\":1}}," ROOTFS,
		HEAD "\"config\":{\"Volumes\":[]}," ROOTFS,
		HEAD "\"history\":{}," ROOTFS,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct oci_image_config *c = NULL;

		assert_int_equal(oci_image_config_parse(bad[i], strlen(bad[i]), &c, NULL),
				 -EBADMSG);
	}
}

/* "config" with a list or an object of @n entries */
static int parse_with(const char *key, bool is_object, int n)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct oci_image_config *c = NULL;
	int r;

	assert_int_equal(buf_addf(&b,
				  "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{"
				  "\"type\":\"layers\",\"diff_ids\":[]},\"config\":{\"%s\":%c",
				  key, is_object ? '{' : '['),
			 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(
			buf_addf(&b, is_object ? "%s\"k%d\":\"\"" : "%s\"k%d\"", i ? "," : "", i),
			0);
	assert_int_equal(buf_adds(&b, is_object ? "}}}" : "]}}"), 0);
	r = oci_image_config_parse(b.data, b.len, &c, NULL);
	oci_image_config_free(c);
	return r;
}

static void test_lists_of_a_config_are_bounded(void **state)
{
	static const struct {
		const char *key;
		bool is_object;
	} lists[] = {
		{ "Env", false }, { "Cmd", false }, { "Entrypoint", false }, { "Labels", true }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		assert_int_equal(parse_with(lists[i].key, lists[i].is_object, OCI_LIST_MAX), 0);
		assert_int_equal(parse_with(lists[i].key, lists[i].is_object, OCI_LIST_MAX + 1),
				 -EBADMSG);
	}
}

static void test_absent_and_null_members_are_the_same(void **state)
{
	static const char text[] =
		HEAD "\"config\":{\"Env\":null,\"Cmd\":null,\"Labels\":null}," ROOTFS;
	cleanup_oci_image_config struct oci_image_config *c = NULL;

	(void)state;
	assert_int_equal(oci_image_config_parse(text, strlen(text), &c, NULL), 0);
	assert_null(c->env);
	assert_null(c->labels);
	assert_int_equal(strv_len(c->diff_ids), 0);
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
		cmocka_unit_test(test_config_is_read_and_copied),
		cmocka_unit_test(test_a_platform_is_understood_as_people_write_it_and_completed),
		cmocka_unit_test(test_hostile_configs_are_refused),
		cmocka_unit_test(test_lists_of_a_config_are_bounded),
		cmocka_unit_test(test_absent_and_null_members_are_the_same),
	};

	return cmocka_run_group_tests_name("oci: image", tests, NULL, NULL);
}

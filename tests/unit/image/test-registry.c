/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "oci/descriptor.h"
#include "scene.h"

static void test_an_image_is_pulled_and_known_by_digest_too(void **state)
{
	struct scene *sc = *state;
	char name[256];
	struct image *im;

	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
	snprintf(name, sizeof(name), "127.0.0.1:%d/r/x@%s", sc->server.port,
		 sc->kit.manifest_digest.text);
	place_reopen(sc->place);
	assert_int_equal(store_find(sc->place->st, name, &im, NULL), 0);
	assert_string_equal(im->index.text, sc->kit.manifest_digest.text);
	assert_string_equal(im->repo_digests[0], name);
	image_free(im);
}

static void test_stored_blobs_are_not_fetched_again(void **state)
{
	struct scene *sc = *state;

	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
	scene_pulled(sc, &(struct pull_options){ 0 });
	scene_pulled(sc, &(struct pull_options){ .name = "r/x:2" });
	assert_int_equal(server_logged(&sc->server, "/blobs/"), 2);
}

static void test_an_index_leads_to_the_platform(void **state)
{
	struct scene *sc = *state;
	const struct platform host = platform_host();
	cleanup_free char *index = str_printf(
		"{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":["
		"{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":7,\"platform\":{\"os\":\"linux\","
		"\"architecture\":\"mips64le\"}},{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%"
		"zu,"
		"\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}]}",
		MEDIA_DOCKER_LIST, MEDIA_OCI_MANIFEST, sc->kit.layer_digest.text,
		MEDIA_OCI_MANIFEST, sc->kit.manifest_digest.text, sc->kit.manifest.len, host.arch);

	SERVE(&sc->server, .path = "/v2/r/x/manifests/1", .type = MEDIA_DOCKER_LIST, .body = index,
	      .len = strlen(index));
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
}

static void test_an_index_says_the_platform_where_the_config_does_not(void **state)
{
	struct scene *sc = *state;
	const struct platform foreign = { "linux", "arm", "v7" };
	cleanup_free char *index = NULL, *name = NULL;
	struct oci_descriptor m = { .has_platform = true, .platform = foreign };
	cleanup_json json_t *entry = NULL;
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *entry_text = NULL;
	struct image *im;

	scene_make(sc, &(struct kit_spec){ .content = "one", .no_platform = true });
	m.media_type = (char *)(uintptr_t)sc->kit.manifest_type;
	m.digest = sc->kit.manifest_digest;
	m.size_bytes = sc->kit.manifest.len;
	entry = oci_descriptor_write(&m);
	entry_text = json_write(entry);
	index = str_printf("{\"schemaVersion\":2,\"manifests\":[%s]}", entry_text);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/1", .type = MEDIA_OCI_INDEX, .body = index,
	      .len = strlen(index));
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	name = str_printf("127.0.0.1:%d/r/x:1", sc->server.port);
	assert_int_equal(reference_parse(name, &ref, NULL), 0);
	assert_int_equal(store_pull(sc->place->st,
				    &(struct image_pull){ .ref = ref, .platform = &foreign }, NULL,
				    &im, NULL),
			 0);
	image_free(im);
	place_reopen(sc->place);
	assert_int_equal(store_find(sc->place->st, name, &im, NULL), 0);
	assert_string_equal(im->oci->platform.arch, "arm");
	assert_string_equal(im->oci->platform.variant, "v7");
	image_free(im);
}

static void test_a_foreign_platform_is_refused_with_what_there_is(void **state)
{
	struct scene *sc = *state;

	scene_make(sc, &(struct kit_spec){ .content = "one", .arch = "mips64le" });
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -ENOENT, "there is: linux/mips64le");
	assert_int_equal(server_logged(&sc->server, sc->layer_path), 0);
}

static void test_refusals_are_told_in_dockers_words(void **state)
{
	static const char unknown[] =
		"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}";
	static const char broken[] = "{\"errors\":[{\"message\":\"disk\\u001b[2J on fire\"}]}";
	static const struct {
		int status;
		const char *body;
		int code;
		const char *words;
	} cases[] = {
		{ 404, unknown, -ENOENT, "/r/x:1 not found: manifest unknown" },
		{ 404, "<html>", -ENOENT, "manifest unknown" },
		{ 401, "", -EACCES, "pull access denied for 127.0.0.1" },
		{ 403, "", -EACCES, "repository does not exist or may require 'docker login'" },
		{ 400, broken, -EPROTO, "answered 400: disk?[2J on fire" },
		{ 500, broken, -EPROTO, "answered 500: disk?[2J on fire" },
	};
	struct scene *sc = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		server_clear(&sc->server);
		SERVE(&sc->server, .path = "/v2/", .status = cases[i].status, .body = cases[i].body,
		      .len = strlen(cases[i].body));
		scene_refused(sc, cases[i].code, cases[i].words);
	}
}

static void serve_tags(struct scene *sc, const char *path, const char *headers, const char *body)
{
	SERVE(&sc->server, .path = path, .headers = headers, .body = body, .len = strlen(body));
}

static int list_tags(struct scene *sc, char ***ret, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;

	assert_int_equal(reference_parse(sc->name, &ref, NULL), 0);
	return registry_tags(ref, &(struct registry_access){ 0 }, NULL, ret, err);
}

static void test_tags_are_listed_in_pages(void **state)
{
	struct scene *sc = *state;
	cleanup_strv char **tags = NULL;
	struct err err = { 0 };

	serve_tags(sc, "/v2/r/x/tags/list?last=b", NULL, "{\"name\":\"r/x\",\"tags\":[\"c\"]}");
	serve_tags(sc, "/v2/r/x/tags/list", "Link: </v2/r/x/tags/list?last=b>; rel=\"next\"\r\n",
		   "{\"name\":\"r/x\",\"tags\":[\"a\",\"b\"]}");
	list_tags(sc, &tags, &err);
	assert_string_equal(err.msg, "");
	assert_int_equal(strv_len(tags), 3);
	assert_string_equal(tags[2], "c");
}

static void test_lists_without_tags_are_refused(void **state)
{
	static const struct {
		const char *body, *words;
		int code;
	} cases[] = {
		{ "{\"tags\":[\"a/b\"]}", "\"a/b\", which is no tag", -EPROTO },
		{ "{\"tags\":[\"a@sha256:0\"]}", "which is no tag", -EPROTO },
		{ "{\"tags\":[\"\"]}", "which is no tag", -EPROTO },
		{ "{\"tags\":[1]}", "which is no tag", -EPROTO },
		{ "{\"tags\":null}", "no tags", -ENOENT },
		{ "<html>", "list of tags", -EBADMSG },
	};
	struct scene *sc = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		char **tags = NULL;

		server_clear(&sc->server);
		serve_tags(sc, "/v2/r/x/tags/list", NULL, cases[i].body);
		assert_int_equal(list_tags(sc, &tags, &err), cases[i].code);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("\"%s\" does not say \"%s\"", err.msg, cases[i].words);
	}
}

static void test_nobody_listening_is_told(void **state)
{
	struct scene *sc = *state;

	shutdown(sc->server.fd, SHUT_RDWR);
	scene_refused(sc, -ECONNREFUSED, "is the registry running?");
}

static void test_a_passing_failure_is_tried_again(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .status = 503, .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 40, .times = 1);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
	assert_int_equal(server_logged(&sc->server, " 40-"), 1);
}

static void test_a_cut_download_starts_over_where_ranges_are_unknown(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 40, .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
}

static void test_a_download_resumed_at_the_wrong_place_is_refused(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 40, .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .ranges = true, .wrong_range = true);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -EPROTO, "wrong place");
}

static void test_a_registry_that_always_cuts_is_given_up(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 10);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -ECONNRESET, "cut the connection");
	assert_int_equal(server_logged(&sc->server, sc->layer_path), 5);
}

static void test_lies_about_blobs_are_found(void **state)
{
	struct scene *sc = *state;
	char *changed = malloc(sc->kit.layer.len + 1);

	memcpy(changed, sc->kit.layer.data, sc->kit.layer.len + 1);
	changed[15] ^= 1;
	scene_serve_manifest(sc);
	SERVE(&sc->server, .path = sc->config_path, .body = sc->kit.config.data,
	      .len = sc->kit.config.len);
	SERVE(&sc->server, .path = sc->layer_path, .body = changed, .len = sc->kit.layer.len,
	      .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = changed, .len = sc->kit.layer.len - 1,
	      .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = changed, .len = sc->kit.layer.len + 1,
	      .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = "", .len = 0, .times = 1);
	scene_refused(sc, -EBADMSG, "another digest");
	scene_refused(sc, -EBADMSG, "were announced");
	scene_refused(sc, -EBADMSG, "longer than");
	scene_refused(sc, -EBADMSG, "has 0 bytes");
	assert_int_equal(place_count(sc->place, "blobs/sha256"), 0);
	server_clear(&sc->server);
	free(changed);
}

static void test_lies_about_manifests_are_found(void **state)
{
	struct scene *sc = *state;
	const struct kit *k = &sc->kit;
	struct err err;
	char name[256];

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = k->manifest_type,
	      .headers = "Docker-Content-Digest: sha256:00\r\n", .body = k->manifest.data,
	      .len = k->manifest.len, .times = 1);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = MEDIA_DOCKER_MANIFEST,
	      .body = k->manifest.data, .len = k->manifest.len, .times = 1);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = "text/html; charset=utf-8",
	      .body = "<html>", .len = 6, .times = 1);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = k->manifest_type, .body = "{",
	      .len = 1, .times = 1);
	scene_serve_manifest(sc);
	scene_refused(sc, -EBADMSG, "was expected");
	scene_refused(sc, -EBADMSG, "the registry says");
	scene_refused(sc, -EBADMSG, "is this a registry?");
	scene_refused(sc, -EBADMSG, "JSON");
	snprintf(name, sizeof(name), "r/x@%s", k->layer_digest.text);
	assert_int_equal(scene_pull(sc, &(struct pull_options){ .name = name }, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "was expected"));
}

static void test_an_endless_manifest_is_cut_off(void **state)
{
	struct scene *sc = *state;
	size_t len = OCI_MANIFEST_MAX_BYTES + 1;
	char *body = calloc(1, len);

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = sc->kit.manifest_type,
	      .body = body, .len = len);
	scene_refused(sc, -EFBIG, "larger than");
	server_clear(&sc->server);
	free(body);
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static void test_a_cancelled_pull_stops(void **state)
{
	const struct progress progress = { .cancelled = always };
	struct scene *sc = *state;
	struct err err;

	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	assert_int_equal(scene_pull(sc, &(struct pull_options){ .progress = &progress }, &err),
			 -ECANCELED);
	assert_int_equal(place_count(sc->place, "rootfs"), 0);
}

static void *pull_in_thread(void *arg)
{
	struct err err;

	return scene_pull(arg, &(struct pull_options){ 0 }, &err) == 0 ? NULL : arg;
}

static void test_concurrent_pulls_fetch_each_blob_once(void **state)
{
	struct scene *sc = *state;
	pthread_t threads[4];

	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pull_in_thread, sc), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(server_logged(&sc->server, "/blobs/"), 2);
	assert_int_equal(place_count(sc->place, "rootfs"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_an_image_is_pulled_and_known_by_digest_too),
		SCENE_TEST(test_stored_blobs_are_not_fetched_again),
		SCENE_TEST(test_an_index_leads_to_the_platform),
		SCENE_TEST(test_an_index_says_the_platform_where_the_config_does_not),
		SCENE_TEST(test_a_foreign_platform_is_refused_with_what_there_is),
		SCENE_TEST(test_refusals_are_told_in_dockers_words),
		SCENE_TEST(test_tags_are_listed_in_pages),
		SCENE_TEST(test_lists_without_tags_are_refused),
		SCENE_TEST(test_nobody_listening_is_told),
		SCENE_TEST(test_a_passing_failure_is_tried_again),
		SCENE_TEST(test_a_cut_download_starts_over_where_ranges_are_unknown),
		SCENE_TEST(test_a_download_resumed_at_the_wrong_place_is_refused),
		SCENE_TEST(test_a_registry_that_always_cuts_is_given_up),
		SCENE_TEST(test_lies_about_blobs_are_found),
		SCENE_TEST(test_lies_about_manifests_are_found),
		SCENE_TEST(test_an_endless_manifest_is_cut_off),
		SCENE_TEST(test_a_cancelled_pull_stops),
		SCENE_TEST(test_concurrent_pulls_fetch_each_blob_once),
	};

	return cmocka_run_group_tests_name("image: registry", tests, NULL, NULL);
}

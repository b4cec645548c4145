/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "oci/descriptor.h"
#include "scene.h"

static void load(struct scene *sc, const struct kit_spec *spec)
{
	scene_make(sc, spec);
	place_load_ok(sc->place, archive_oci(&sc->kit, sc->name), sc->name);
}

static int setup(void **state)
{
	scene_setup_empty(state);
	load(*state, &(struct kit_spec){ .content = "one", .filter = ARCHIVE_FILTER_GZIP });
	return 0;
}

static int push(struct scene *sc, const struct registry_auth *auth, struct pushed *ret,
		struct err *err)
{
	cleanup_reference struct reference *ref = NULL;

	assert_int_equal(reference_parse(sc->name, &ref, NULL), 0);
	err->msg[0] = '\0';
	return store_push(sc->place->st,
			  &(struct image_push){ .ref = ref, .access = { .auth = auth } }, NULL, ret,
			  err);
}

static void pushed(struct scene *sc, const struct registry_auth *auth)
{
	struct pushed got;
	struct err err;
	int r = push(sc, auth, &got, &err);

	if (r < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(got.digest.text, sc->kit.manifest_digest.text);
	assert_int_equal(got.size_bytes, sc->kit.manifest.len);
}

static void refused(struct scene *sc, int code, const char *words)
{
	struct pushed got;
	struct err err;

	assert_int_equal(push(sc, NULL, &got, &err), code);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.msg);
	assert_true(str_starts(err.msg, "push 127.0.0.1:") != NULL);
}

static void serve_uploads(struct scene *sc)
{
	SERVE(&sc->server, .method = "POST", .path = "/v2/r/x/blobs/uploads/", .status = 202,
	      .headers = "Location: /v2/r/x/blobs/uploads/u?_state=a%2Bb\r\n");
	SERVE(&sc->server, .method = "PUT",
	      .path = "/v2/r/x/blobs/uploads/u?_state=a%2Bb&digest=", .status = 201);
}

static void serve_manifest(struct scene *sc)
{
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/manifests/1", .status = 201);
}

static void test_blobs_go_before_the_manifest_that_names_them(void **state)
{
	struct scene *sc = *state;

	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
	assert_int_equal(server_logged(&sc->server, "HEAD /v2/r/x/blobs/sha256:"), 2);
	assert_int_equal(server_logged(&sc->server, "PUT /v2/r/x/blobs/uploads/u"), 2);
	assert_int_equal(server_logged(&sc->server, digest_hex(&sc->kit.layer_digest)), 2);
	assert_non_null(strstr(sc->server.log[sc->server.n_log - 1], "PUT /v2/r/x/manifests/1 "));
	assert_int_equal(sc->server.received_len, sc->kit.manifest.len);
	assert_memory_equal(sc->server.received, sc->kit.manifest.data, sc->kit.manifest.len);
}

static void test_a_registry_that_refuses_head_gets_all(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "HEAD", .path = "/v2/", .status = 405);
	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
	assert_int_equal(server_logged(&sc->server, "PUT /v2/r/x/blobs/uploads/u"), 2);
}

static void test_the_content_of_a_blob_goes_up_whole(void **state)
{
	struct scene *sc = *state;
	char path[256];

	snprintf(path, sizeof(path), "/v2/r/x/blobs/%s", sc->kit.config_digest.text);
	SERVE(&sc->server, .method = "HEAD", .path = path);
	serve_uploads(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/manifests/1", .status = 405);
	refused(sc, -EROFS, "may be read-only");
	assert_int_equal(server_logged(&sc->server, "PUT /v2/r/x/blobs/uploads/u"), 1);
	server_clear(&sc->server);
	serve_uploads(sc);
	SERVE(&sc->server, .method = "HEAD", .path = path);
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/manifests/1", .hangs_up = true);
	refused(sc, -ECONNRESET, "cut the connection");
	assert_int_equal(sc->server.received_len, sc->kit.layer.len);
	assert_memory_equal(sc->server.received, sc->kit.layer.data, sc->kit.layer.len);
}

static void test_what_the_registry_has_is_not_sent_again(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "HEAD", .path = "/v2/r/x/blobs/");
	serve_manifest(sc);
	pushed(sc, NULL);
	assert_int_equal(server_logged(&sc->server, "POST"), 0);
	assert_int_equal(server_logged(&sc->server, "PUT"), 1);
}

static void test_an_image_of_dockers_media_types_keeps_its_digest(void **state)
{
	struct scene *sc = *state;

	load(sc,
	     &(struct kit_spec){ .content = "one", .filter = ARCHIVE_FILTER_GZIP, .docker = true });
	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
}

static void test_the_pushed_digest_is_a_name_of_the_image(void **state)
{
	struct scene *sc = *state;
	struct image *im = NULL;
	char name[160];

	snprintf(name, sizeof(name), "127.0.0.1:%d/r/x@%s", sc->server.port,
		 sc->kit.manifest_digest.text);
	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
	pushed(sc, NULL);
	place_reopen(sc->place);
	assert_int_equal(store_find(sc->place->st, sc->name, &im, NULL), 0);
	assert_int_equal(strv_len(im->repo_digests), 1);
	assert_string_equal(im->repo_digests[0], name);
	image_free(im);
}

static void test_a_layer_is_mounted_from_where_it_is_known_to_be(void **state)
{
	struct scene *sc = *state;
	char other[64], path[256];

	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
	snprintf(other, sizeof(other), "127.0.0.1:%d/r/y:1", sc->server.port);
	assert_int_equal(store_tag(sc->place->st, sc->name, other, NULL), 0);
	memcpy(sc->name, other, sizeof(other));
	snprintf(path, sizeof(path), "/v2/r/y/blobs/uploads/?mount=%s&from=r/x",
		 sc->kit.layer_digest.text);
	SERVE(&sc->server, .method = "POST", .path = path, .status = 201);
	SERVE(&sc->server, .method = "POST", .path = "/v2/r/y/blobs/uploads/", .status = 202,
	      .headers = "Location: up\r\n");
	SERVE(&sc->server, .method = "PUT",
	      .path = "/v2/r/y/blobs/uploads/up?digest=", .status = 201);
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/y/manifests/1", .status = 201);
	pushed(sc, NULL);
	assert_int_equal(server_logged(&sc->server, "PUT /v2/r/y/blobs/uploads/up"), 1);
}

static void test_the_token_is_for_pulling_and_pushing(void **state)
{
	const struct registry_auth auth = { "me", "secret" };
	static const char token[] = "{\"token\":\"t\"}";
	struct scene *sc = *state;
	char challenge[256];

	snprintf(challenge, sizeof(challenge),
		 "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\"\r\n",
		 sc->server.port);
	SERVE(&sc->server, .path = "/token?scope=repository%3Ar%2Fx%3Apull%2Cpush",
	      .auth = "Basic bWU6c2VjcmV0", .body = token, .len = strlen(token));
	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401, .headers = challenge);
	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, &auth);
	assert_int_equal(server_logged(&sc->server, "/token"), 1);
}

static void test_an_upload_elsewhere_takes_no_authorization_along(void **state)
{
	const struct registry_auth auth = { "me", "secret" };
	struct scene *sc = *state;
	struct server other;
	char location[128];

	server_start(&other);
	snprintf(location, sizeof(location), "Location: http://127.0.0.1:%d/up?a=1\r\n",
		 other.port);
	SERVE(&other, .method = "PUT", .path = "/up?a=1&digest=sha256", .status = 201);
	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	SERVE(&sc->server, .method = "POST", .path = "/v2/r/x/blobs/uploads/", .status = 202,
	      .headers = location);
	serve_manifest(sc);
	pushed(sc, &auth);
	assert_int_equal(server_logged(&other, "PUT /up"), 2);
	assert_int_equal(server_logged(&other, "Basic"), 0);
	server_stop(&other);
}

static void test_an_upload_to_plain_http_elsewhere_is_refused(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "POST", .path = "/v2/r/x/blobs/uploads/", .status = 202,
	      .headers = "Location: http://192.0.2.1/up\r\n");
	refused(sc, -EPROTO, "plain http is for this machine alone");
	server_clear(&sc->server);
	SERVE(&sc->server, .method = "POST", .path = "/v2/r/x/blobs/uploads/", .status = 202);
	refused(sc, -EPROTO, "does not say where");
}

static void test_an_upload_is_not_made_a_download(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "POST", .path = "/v2/r/x/blobs/uploads/", .status = 302,
	      .headers = "Location: /elsewhere\r\n");
	refused(sc, -EPROTO, "redirection of a POST");
	assert_int_equal(server_logged(&sc->server, "/elsewhere"), 0);
}

static void test_an_upload_follows_where_it_may(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/blobs/uploads/u", .status = 307,
	      .headers = "Location: /there\r\n");
	SERVE(&sc->server, .method = "PUT", .path = "/there", .status = 201);
	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
	assert_int_equal(server_logged(&sc->server, "PUT /there"), 2);
}

static void test_refusals_say_what_to_do(void **state)
{
	static const char unknown[] =
		"{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"repository not known\"}]}";
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "POST", .path = "/v2/", .status = 403);
	refused(sc, -EACCES, "push access denied for 127.0.0.1:");
	server_clear(&sc->server);
	SERVE(&sc->server, .method = "POST", .path = "/v2/", .status = 404, .body = unknown,
	      .len = strlen(unknown));
	refused(sc, -ENOENT, "repository not known: check the name");
	server_clear(&sc->server);
	SERVE(&sc->server, .method = "POST", .path = "/v2/", .status = 405);
	refused(sc, -EROFS, "push to another one");
	server_clear(&sc->server);
	SERVE(&sc->server, .path = "/v2/", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	refused(sc, -EACCES, "'docker login': no login given");
}

static void test_a_cut_upload_is_begun_once_more(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/blobs/uploads/u", .hangs_up = true,
	      .times = 1);
	serve_uploads(sc);
	serve_manifest(sc);
	pushed(sc, NULL);
	assert_int_equal(server_logged(&sc->server, "POST"), 3);
	server_clear(&sc->server);
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/blobs/uploads/u", .status = 503);
	serve_uploads(sc);
	refused(sc, -ECONNRESET, "answered 503");
	assert_int_equal(server_logged(&sc->server, "/manifests/"), 1);
}

static void test_a_registry_that_changes_the_manifest_is_found(void **state)
{
	struct scene *sc = *state;
	char header[256];

	snprintf(header, sizeof(header), "Docker-Content-Digest: %s\r\n",
		 sc->kit.layer_digest.text);
	serve_uploads(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/manifests/1", .status = 201,
	      .headers = header);
	refused(sc, -EBADMSG, "keeps the manifest as");
}

static void test_what_is_not_here_and_digests_are_refused(void **state)
{
	struct scene *sc = *state;
	size_t n = strlen(sc->name);

	snprintf(sc->name + n - 1, sizeof(sc->name) - n, "2");
	refused(sc, -ENOENT, "No such image: 127.0.0.1:");
	assert_int_equal(sc->server.n_log, 0);
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static void test_a_cancelled_push_publishes_nothing(void **state)
{
	const struct progress progress = { .cancelled = always };
	cleanup_reference struct reference *ref = NULL;
	struct scene *sc = *state;
	struct pushed got;
	struct err err;

	serve_uploads(sc);
	serve_manifest(sc);
	assert_int_equal(reference_parse(sc->name, &ref, NULL), 0);
	assert_int_equal(store_push(sc->place->st, &(struct image_push){ .ref = ref }, &progress,
				    &got, &err),
			 -ECANCELED);
	assert_int_equal(server_logged(&sc->server, "/manifests/"), 0);
}

#define PUSH_TEST(f) cmocka_unit_test_setup_teardown(f, setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PUSH_TEST(test_blobs_go_before_the_manifest_that_names_them),
		PUSH_TEST(test_a_registry_that_refuses_head_gets_all),
		PUSH_TEST(test_the_content_of_a_blob_goes_up_whole),
		PUSH_TEST(test_what_the_registry_has_is_not_sent_again),
		cmocka_unit_test_setup_teardown(
			test_an_image_of_dockers_media_types_keeps_its_digest, scene_setup_empty,
			scene_teardown),
		PUSH_TEST(test_the_pushed_digest_is_a_name_of_the_image),
		PUSH_TEST(test_a_layer_is_mounted_from_where_it_is_known_to_be),
		PUSH_TEST(test_the_token_is_for_pulling_and_pushing),
		PUSH_TEST(test_an_upload_elsewhere_takes_no_authorization_along),
		PUSH_TEST(test_an_upload_to_plain_http_elsewhere_is_refused),
		PUSH_TEST(test_an_upload_is_not_made_a_download),
		PUSH_TEST(test_an_upload_follows_where_it_may),
		PUSH_TEST(test_refusals_say_what_to_do),
		PUSH_TEST(test_a_cut_upload_is_begun_once_more),
		PUSH_TEST(test_a_registry_that_changes_the_manifest_is_found),
		PUSH_TEST(test_what_is_not_here_and_digests_are_refused),
		PUSH_TEST(test_a_cancelled_push_publishes_nothing),
	};

	return cmocka_run_group_tests_name("image: push", tests, NULL, NULL);
}

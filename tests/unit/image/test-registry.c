/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "kit.h"
#include "oci/descriptor.h"
#include "server.h"

/* A store, and a registry that serves one image and can lie about it. */
struct scene {
	struct place *place;
	struct server server;
	struct kit kit;
	char layer_path[128], config_path[128];
};

static int setup(void **state)
{
	struct scene *sc = calloc(1, sizeof(*sc));

	assert_non_null(sc);
	store_setup((void **)&sc->place);
	server_start(&sc->server);
	KIT(&sc->kit, .content = "one", .filter = ARCHIVE_FILTER_GZIP);
	snprintf(sc->layer_path, sizeof(sc->layer_path), "/v2/r/x/blobs/%s",
		 sc->kit.layer_digest.text);
	snprintf(sc->config_path, sizeof(sc->config_path), "/v2/r/x/blobs/%s",
		 sc->kit.config_digest.text);
	*state = sc;
	return 0;
}

static int teardown(void **state)
{
	struct scene *sc = *state;

	server_stop(&sc->server);
	store_teardown((void **)&sc->place);
	kit_reset(&sc->kit);
	free(sc);
	return 0;
}

static void serve_manifest(struct scene *sc)
{
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = sc->kit.manifest_type,
	      .body = sc->kit.manifest.data, .len = sc->kit.manifest.len);
}

static void serve_blobs(struct scene *sc)
{
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .ranges = true);
	SERVE(&sc->server, .path = sc->config_path, .body = sc->kit.config.data,
	      .len = sc->kit.config.len);
}

struct options {
	const char *name; /* behind the registry; NULL: r/x:1 */
	struct registry_auth auth;
	const struct progress *progress;
};

static int pull(struct scene *sc, const struct options *o, struct err *err)
{
	const struct platform platform = platform_host();
	cleanup_reference struct reference *ref = NULL;
	struct image *im = NULL;
	char name[256];
	int r;

	snprintf(name, sizeof(name), "127.0.0.1:%d/%s", sc->server.port,
		 o->name ? o->name : "r/x:1");
	assert_int_equal(reference_parse(name, &ref, NULL), 0);
	err->msg[0] = '\0';
	r = store_pull(sc->place->st, ref, &platform, o->auth.username ? &o->auth : NULL,
		       o->progress, &im, err);
	if (r == 0) {
		assert_string_equal(im->config.text, sc->kit.config_digest.text);
		image_free(im);
	}
	return r;
}

static void pulled(struct scene *sc, const struct options *o)
{
	struct err err;
	int r = pull(sc, o, &err);

	assert_string_equal(err.msg, "");
	assert_int_equal(r, 0);
	assert_int_equal(place_count(sc->place, "tmp"), 0);
}

static void refused(struct scene *sc, int code, const char *words)
{
	struct err err;

	assert_int_equal(pull(sc, &(struct options){ 0 }, &err), code);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.msg);
	assert_true(str_starts(err.msg, "pull 127.0.0.1:") != NULL);
	assert_int_equal(place_count(sc->place, "rootfs"), 0);
	assert_int_equal(place_count(sc->place, "tmp"), 0);
}

static void test_an_image_is_pulled_and_known_by_digest_too(void **state)
{
	struct scene *sc = *state;
	char name[256];
	struct image *im;

	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ 0 });
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

	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ 0 });
	pulled(sc, &(struct options){ 0 });
	pulled(sc, &(struct options){ .name = "r/x:2" });
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
	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ 0 });
}

static void replace_kit(struct scene *sc, const struct kit_spec *spec)
{
	kit_reset(&sc->kit);
	kit_make(&sc->kit, spec);
	snprintf(sc->layer_path, sizeof(sc->layer_path), "/v2/r/x/blobs/%s",
		 sc->kit.layer_digest.text);
	snprintf(sc->config_path, sizeof(sc->config_path), "/v2/r/x/blobs/%s",
		 sc->kit.config_digest.text);
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

	replace_kit(sc, &(struct kit_spec){ .content = "one", .no_platform = true });
	m.media_type = (char *)(uintptr_t)sc->kit.manifest_type;
	m.digest = sc->kit.manifest_digest;
	m.size_bytes = sc->kit.manifest.len;
	entry = oci_descriptor_write(&m);
	entry_text = json_write(entry);
	index = str_printf("{\"schemaVersion\":2,\"manifests\":[%s]}", entry_text);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/1", .type = MEDIA_OCI_INDEX, .body = index,
	      .len = strlen(index));
	serve_manifest(sc);
	serve_blobs(sc);
	name = str_printf("127.0.0.1:%d/r/x:1", sc->server.port);
	assert_int_equal(reference_parse(name, &ref, NULL), 0);
	assert_int_equal(store_pull(sc->place->st, ref, &foreign, NULL, NULL, &im, NULL), 0);
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

	replace_kit(sc, &(struct kit_spec){ .content = "one", .arch = "mips64le" });
	serve_manifest(sc);
	serve_blobs(sc);
	refused(sc, -ENOENT, "there is: linux/mips64le");
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
		refused(sc, cases[i].code, cases[i].words);
	}
}

static void test_nobody_listening_is_told(void **state)
{
	struct scene *sc = *state;

	shutdown(sc->server.fd, SHUT_RDWR);
	refused(sc, -ECONNREFUSED, "is the registry running?");
}

static void test_a_passing_failure_is_tried_again(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .status = 503, .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 40, .times = 1);
	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ 0 });
	assert_int_equal(server_logged(&sc->server, " 40-"), 1);
}

static void test_a_cut_download_starts_over_where_ranges_are_unknown(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 40, .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len);
	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ 0 });
}

static void test_a_download_resumed_at_the_wrong_place_is_refused(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 40, .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .ranges = true, .wrong_range = true);
	serve_manifest(sc);
	serve_blobs(sc);
	refused(sc, -EPROTO, "wrong place");
}

static void test_a_registry_that_always_cuts_is_given_up(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = 10);
	serve_manifest(sc);
	serve_blobs(sc);
	refused(sc, -ECONNRESET, "cut the connection");
	assert_int_equal(server_logged(&sc->server, sc->layer_path), 3);
}

static void test_lies_about_blobs_are_found(void **state)
{
	struct scene *sc = *state;
	char *changed = malloc(sc->kit.layer.len + 1);

	memcpy(changed, sc->kit.layer.data, sc->kit.layer.len + 1);
	changed[15] ^= 1;
	serve_manifest(sc);
	SERVE(&sc->server, .path = sc->config_path, .body = sc->kit.config.data,
	      .len = sc->kit.config.len);
	SERVE(&sc->server, .path = sc->layer_path, .body = changed, .len = sc->kit.layer.len,
	      .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = changed, .len = sc->kit.layer.len - 1,
	      .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = changed, .len = sc->kit.layer.len + 1,
	      .times = 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = "", .len = 0, .times = 1);
	refused(sc, -EBADMSG, "another digest");
	refused(sc, -EBADMSG, "were announced");
	refused(sc, -EBADMSG, "longer than");
	refused(sc, -EBADMSG, "has 0 bytes");
	assert_int_equal(place_count(sc->place, "blobs/sha256"), 0);
	server_clear(&sc->server);
	free(changed);
}

static void test_lies_about_manifests_are_found(void **state)
{
	struct scene *sc = *state;
	const struct kit *k = &sc->kit;
	struct err err;
	char name[128];

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = k->manifest_type,
	      .headers = "Docker-Content-Digest: sha256:00\r\n", .body = k->manifest.data,
	      .len = k->manifest.len, .times = 1);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = MEDIA_DOCKER_MANIFEST,
	      .body = k->manifest.data, .len = k->manifest.len, .times = 1);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = "text/html; charset=utf-8",
	      .body = "<html>", .len = 6, .times = 1);
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = k->manifest_type, .body = "{",
	      .len = 1, .times = 1);
	serve_manifest(sc);
	refused(sc, -EBADMSG, "was expected");
	refused(sc, -EBADMSG, "the registry says");
	refused(sc, -EBADMSG, "is this a registry?");
	refused(sc, -EBADMSG, "JSON");
	snprintf(name, sizeof(name), "r/x@%s", k->layer_digest.text);
	assert_int_equal(pull(sc, &(struct options){ .name = name }, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "was expected"));
}

static void test_an_endless_manifest_is_cut_off(void **state)
{
	struct scene *sc = *state;
	size_t len = OCI_MANIFEST_MAX_BYTES + 1;
	char *body = calloc(1, len);

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = sc->kit.manifest_type,
	      .body = body, .len = len);
	refused(sc, -EFBIG, "larger than");
	server_clear(&sc->server);
	free(body);
}

static void test_a_circle_of_redirections_is_left(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = "/v2/", .status = 302, .headers = "Location: /v2/again\r\n");
	refused(sc, -EPROTO, "redirects");
}

static void test_a_token_is_fetched_and_shared(void **state)
{
	struct scene *sc = *state;
	static const char token[] = "{\"token\":\"abc.DEF-_\"}";
	char challenge[256];

	snprintf(challenge, sizeof(challenge),
		 "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\",service=\"a b\"\r\n",
		 sc->server.port);
	SERVE(&sc->server, .path = "/token?service=a%20b&scope=repository%3Ar%2Fx%3Apull",
	      .body = token, .len = strlen(token));
	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401, .headers = challenge);
	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ 0 });
	assert_int_equal(server_logged(&sc->server, "/token"), 1);
	assert_int_equal(server_logged(&sc->server, "Bearer abc.DEF-_"), 3);
}

static void test_a_login_goes_to_the_token_server(void **state)
{
	struct scene *sc = *state;
	static const char token[] = "{\"access_token\":\"t\"}";
	char challenge[256];

	snprintf(challenge, sizeof(challenge),
		 "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\"\r\n",
		 sc->server.port);
	SERVE(&sc->server, .path = "/token", .auth = "Basic bWU6c2VjcmV0", .body = token,
	      .len = strlen(token));
	SERVE(&sc->server, .path = "/token", .status = 401);
	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401, .headers = challenge);
	serve_manifest(sc);
	serve_blobs(sc);
	refused(sc, -EACCES, "token server answered 401");
	pulled(sc, &(struct options){ .auth = { "me", "secret" } });
}

static void test_basic_authentication(void **state)
{
	struct scene *sc = *state;
	const struct options wrong = { .auth = { "me", "wrong" } };
	struct err err;

	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	SERVE(&sc->server, .path = "/v2/", .auth = "Basic bWU6d3Jvbmc=", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	serve_manifest(sc);
	serve_blobs(sc);
	refused(sc, -EACCES, "may require 'docker login'");
	assert_int_equal(pull(sc, &wrong, &err), -EACCES);
	pulled(sc, &(struct options){ .auth = { "me", "secret" } });
}

static void test_hostile_tokens_and_realms_are_refused(void **state)
{
	static const char split[] = "{\"token\":\"a\\r\\nX-Evil: 1\"}";
	struct scene *sc = *state;
	char challenge[256];

	snprintf(challenge, sizeof(challenge),
		 "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\"\r\n",
		 sc->server.port);
	SERVE(&sc->server, .path = "/token", .body = split, .len = strlen(split));
	SERVE(&sc->server, .path = "/v2/", .status = 401, .headers = challenge, .times = 1);
	SERVE(&sc->server, .path = "/v2/", .status = 401,
	      .headers = "WWW-Authenticate: Bearer realm=\"http://example.org/token\"\r\n",
	      .times = 1);
	SERVE(&sc->server, .path = "/v2/", .status = 401,
	      .headers = "WWW-Authenticate: Negotiate\r\n");
	refused(sc, -EPROTO, "malformed");
	refused(sc, -EPROTO, "does not use https");
	refused(sc, -EACCES, "unknown kind");
}

static void test_a_redirection_takes_no_authorization_along(void **state)
{
	struct scene *sc = *state;
	struct server other;
	char location[128];

	server_start(&other);
	snprintf(location, sizeof(location), "Location: http://127.0.0.1:%d/data\r\n", other.port);
	SERVE(&other, .path = "/data", .body = sc->kit.layer.data, .len = sc->kit.layer.len);
	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	SERVE(&sc->server, .path = sc->layer_path, .status = 307, .headers = location);
	serve_manifest(sc);
	serve_blobs(sc);
	pulled(sc, &(struct options){ .auth = { "me", "secret" } });
	assert_int_equal(server_logged(&other, "/data"), 1);
	assert_int_equal(server_logged(&other, "Basic"), 0);
	server_stop(&other);
}

/* The registry is on this machine and so may speak plain HTTP; where it leads to may not. */
static void test_a_redirection_to_plain_http_elsewhere_is_refused(void **state)
{
	struct scene *sc = *state;

	serve_manifest(sc);
	SERVE(&sc->server, .path = sc->layer_path, .status = 307,
	      .headers = "Location: http://10.0.0.1/data\r\n");
	serve_blobs(sc);
	refused(sc, -EPROTO, "redirection to http://10.0.0.1/data refused");
	server_clear(&sc->server);
	SERVE(&sc->server, .path = "/v2/", .status = 302,
	      .headers = "Location: //10.0.0.1/v2/\r\n");
	refused(sc, -EPROTO, "redirection to http://10.0.0.1/v2/ refused");
}

static void test_a_redirected_token_server_stays_here(void **state)
{
	struct scene *sc = *state;
	char challenge[256];

	snprintf(challenge, sizeof(challenge),
		 "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\",service=\"s\"\r\n",
		 sc->server.port);
	SERVE(&sc->server, .path = "/token", .status = 302,
	      .headers = "Location: http://10.0.0.1/token\r\n");
	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401, .headers = challenge);
	refused(sc, -EPROTO, "redirection to http://10.0.0.1/token refused");
}

static void test_a_host_redirected_to_names_no_token_server(void **state)
{
	struct scene *sc = *state;
	char location[128], challenge[256];
	struct server other;

	server_start(&other);
	snprintf(location, sizeof(location), "Location: http://127.0.0.1:%d/v2/\r\n", other.port);
	snprintf(challenge, sizeof(challenge),
		 "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\",service=\"s\"\r\n",
		 other.port);
	SERVE(&other, .path = "/v2/", .status = 401, .headers = challenge);
	SERVE(&sc->server, .path = "/v2/", .status = 307, .headers = location);
	refused(sc, -EACCES, "denied");
	assert_int_equal(server_logged(&other, "/token"), 0);
	server_stop(&other);
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

	serve_manifest(sc);
	serve_blobs(sc);
	assert_int_equal(pull(sc, &(struct options){ .progress = &progress }, &err), -ECANCELED);
	assert_int_equal(place_count(sc->place, "rootfs"), 0);
}

static void *pull_in_thread(void *arg)
{
	struct err err;

	return pull(arg, &(struct options){ 0 }, &err) == 0 ? NULL : arg;
}

static void test_concurrent_pulls_fetch_each_blob_once(void **state)
{
	struct scene *sc = *state;
	pthread_t threads[4];

	serve_manifest(sc);
	serve_blobs(sc);
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

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_an_image_is_pulled_and_known_by_digest_too),
		SCENE_TEST(test_stored_blobs_are_not_fetched_again),
		SCENE_TEST(test_an_index_leads_to_the_platform),
		SCENE_TEST(test_an_index_says_the_platform_where_the_config_does_not),
		SCENE_TEST(test_a_foreign_platform_is_refused_with_what_there_is),
		SCENE_TEST(test_refusals_are_told_in_dockers_words),
		SCENE_TEST(test_nobody_listening_is_told),
		SCENE_TEST(test_a_passing_failure_is_tried_again),
		SCENE_TEST(test_a_cut_download_starts_over_where_ranges_are_unknown),
		SCENE_TEST(test_a_download_resumed_at_the_wrong_place_is_refused),
		SCENE_TEST(test_a_registry_that_always_cuts_is_given_up),
		SCENE_TEST(test_lies_about_blobs_are_found),
		SCENE_TEST(test_lies_about_manifests_are_found),
		SCENE_TEST(test_an_endless_manifest_is_cut_off),
		SCENE_TEST(test_a_circle_of_redirections_is_left),
		SCENE_TEST(test_a_token_is_fetched_and_shared),
		SCENE_TEST(test_a_login_goes_to_the_token_server),
		SCENE_TEST(test_basic_authentication),
		SCENE_TEST(test_hostile_tokens_and_realms_are_refused),
		SCENE_TEST(test_a_redirection_takes_no_authorization_along),
		SCENE_TEST(test_a_redirection_to_plain_http_elsewhere_is_refused),
		SCENE_TEST(test_a_redirected_token_server_stays_here),
		SCENE_TEST(test_a_host_redirected_to_names_no_token_server),
		SCENE_TEST(test_a_cancelled_pull_stops),
		SCENE_TEST(test_concurrent_pulls_fetch_each_blob_once),
	};

	return cmocka_run_group_tests_name("image: registry", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who may pull, and where a registry may lead. */
#include <errno.h>
#include <stdio.h>

#include "scene.h"

static void test_a_circle_of_redirections_is_left(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = "/v2/", .status = 302, .headers = "Location: /v2/again\r\n");
	scene_refused(sc, -EPROTO, "redirects");
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
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
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
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -EACCES, "token server answered 401");
	scene_pulled(sc, &(struct pull_options){ .auth = { "me", "secret" } });
}

static void test_basic_authentication(void **state)
{
	struct scene *sc = *state;
	const struct pull_options wrong = { .auth = { "me", "wrong" } };
	struct err err;

	SERVE(&sc->server, .path = "/v2/", .auth = "", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	SERVE(&sc->server, .path = "/v2/", .auth = "Basic bWU6d3Jvbmc=", .status = 401,
	      .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n");
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -EACCES, "may require 'docker login'");
	assert_int_equal(scene_pull(sc, &wrong, &err), -EACCES);
	scene_pulled(sc, &(struct pull_options){ .auth = { "me", "secret" } });
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
	scene_refused(sc, -EPROTO, "malformed");
	scene_refused(sc, -EPROTO, "does not use https");
	scene_refused(sc, -EACCES, "unknown kind");
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
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ .auth = { "me", "secret" } });
	assert_int_equal(server_logged(&other, "/data"), 1);
	assert_int_equal(server_logged(&other, "Basic"), 0);
	server_stop(&other);
}

/* The registry is on this machine and so may speak plain HTTP; where it leads to may not. */
static void test_a_redirection_to_plain_http_elsewhere_is_refused(void **state)
{
	struct scene *sc = *state;

	scene_serve_manifest(sc);
	SERVE(&sc->server, .path = sc->layer_path, .status = 307,
	      .headers = "Location: http://10.0.0.1/data\r\n");
	scene_serve_blobs(sc);
	scene_refused(sc, -EPROTO, "redirection to http://10.0.0.1/data refused");
	server_clear(&sc->server);
	SERVE(&sc->server, .path = "/v2/", .status = 302,
	      .headers = "Location: //10.0.0.1/v2/\r\n");
	scene_refused(sc, -EPROTO, "redirection to http://10.0.0.1/v2/ refused");
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
	scene_refused(sc, -EPROTO, "redirection to http://10.0.0.1/token refused");
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
	scene_refused(sc, -EACCES, "denied");
	assert_int_equal(server_logged(&other, "/token"), 0);
	server_stop(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_a_circle_of_redirections_is_left),
		SCENE_TEST(test_a_token_is_fetched_and_shared),
		SCENE_TEST(test_a_login_goes_to_the_token_server),
		SCENE_TEST(test_basic_authentication),
		SCENE_TEST(test_hostile_tokens_and_realms_are_refused),
		SCENE_TEST(test_a_redirection_takes_no_authorization_along),
		SCENE_TEST(test_a_redirection_to_plain_http_elsewhere_is_refused),
		SCENE_TEST(test_a_redirected_token_server_stays_here),
		SCENE_TEST(test_a_host_redirected_to_names_no_token_server),
	};

	return cmocka_run_group_tests_name("image: registry's authorization", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/str.h"
#include "image/registry/retry.h"
#include "image/store/incoming.h"
#include "scene.h"

/* Downloads that end early, and registries that want to be asked later. */

static void serve_cut_layer(struct scene *sc, size_t at, int times)
{
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .cut_at = at, .ranges = true, .times = times);
}

static char *partial_path(const struct scene *sc)
{
	char *path =
		str_printf("%s/partial/%s", sc->place->path, digest_hex(&sc->kit.layer_digest));

	assert_non_null(path);
	return path;
}

static void put_partial(const struct scene *sc, const void *data, size_t len)
{
	cleanup_free char *path = partial_path(sc);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, data, len), 0);
}

static void test_a_cut_download_goes_on_in_the_next_pull(void **state)
{
	struct scene *sc = *state;

	serve_cut_layer(sc, 10, 5);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -ECONNRESET, "cut the connection");
	assert_int_equal(place_count(sc->place, "partial"), 1);
	scene_pulled(sc, &(struct pull_options){ 0 });
	assert_int_equal(server_logged(&sc->server, " 50-"), 1);
	assert_int_equal(place_count(sc->place, "partial"), 0);
}

static void test_a_cut_download_goes_on_after_a_restart(void **state)
{
	struct scene *sc = *state;

	serve_cut_layer(sc, 10, 5);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -ECONNRESET, "cut the connection");
	place_reopen(sc->place);
	scene_pulled(sc, &(struct pull_options){ 0 });
	assert_int_equal(server_logged(&sc->server, " 50-"), 1);
}

static void test_what_lies_whole_is_not_fetched(void **state)
{
	struct scene *sc = *state;

	put_partial(sc, sc->kit.layer.data, sc->kit.layer.len);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
	assert_int_equal(server_logged(&sc->server, sc->layer_path), 0);
}

static void test_a_damaged_beginning_is_fetched_again(void **state)
{
	struct scene *sc = *state;

	put_partial(sc, "not what it should be", 21);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
	assert_int_equal(place_count(sc->place, "partial"), 0);
}

static void test_more_than_was_announced_is_thrown_away(void **state)
{
	struct scene *sc = *state;
	char much[4096] = { 0 };

	put_partial(sc, much, sizeof(much));
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
}

static void test_other_content_in_a_second_try_is_refused(void **state)
{
	struct scene *sc = *state;
	cleanup(buf_reset) struct buf other = BUF_INIT;

	assert_int_equal(buf_add(&other, sc->kit.layer.data, sc->kit.layer.len), 0);
	other.data[10] ^= 1;
	serve_cut_layer(sc, 40, 1);
	SERVE(&sc->server, .path = sc->layer_path, .body = other.data, .len = other.len);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -EBADMSG, "something else");
}

static void test_a_wrong_digest_leaves_nothing_behind(void **state)
{
	struct scene *sc = *state;
	cleanup(buf_reset) struct buf other = BUF_INIT;

	assert_int_equal(buf_add(&other, sc->kit.layer.data, sc->kit.layer.len), 0);
	other.data[other.len - 1] ^= 1;
	SERVE(&sc->server, .path = sc->layer_path, .body = other.data, .len = other.len);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_refused(sc, -EBADMSG, "has another digest");
	assert_int_equal(place_count(sc->place, "partial"), 0);
}

static void test_tidying_keeps_what_somebody_waits_for(void **state)
{
	struct scene *sc = *state;
	const struct oci_descriptor d = { .digest = sc->kit.layer_digest, .size_bytes = 100 };
	struct incoming *in;
	struct err err;

	assert_int_equal(incoming_open(sc->place->st, &d, &in, &err), 0);
	assert_int_equal(incoming_add(in, "some", 4, &err), 0);
	(void)incoming_tidy(sc->place->st, 0);
	assert_int_equal(place_count(sc->place, "partial"), 1);
	incoming_close(in);
	(void)incoming_tidy(sc->place->st, 3600);
	assert_int_equal(place_count(sc->place, "partial"), 1);
	(void)incoming_tidy(sc->place->st, 0);
	assert_int_equal(place_count(sc->place, "partial"), 0);
}

static void test_a_registry_that_names_a_time_is_asked_then(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .status = 429,
	      .headers = "Retry-After: 1\r\n", .times = 1);
	scene_serve_manifest(sc);
	scene_serve_blobs(sc);
	scene_pulled(sc, &(struct pull_options){ 0 });
	assert_int_equal(server_logged(&sc->server, "/manifests/"), 2);
}

static void test_a_registry_that_names_a_late_time_is_not_waited_for(void **state)
{
	struct scene *sc = *state;

	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .status = 429,
	      .headers = "Retry-After: 3600\r\n");
	scene_refused(sc, -EPROTO, "try again in 3600 seconds");
	assert_int_equal(server_logged(&sc->server, "/manifests/"), 1);
}

static void test_pauses_double_and_end(void **state)
{
	(void)state;
	for (unsigned tries = 2; tries < 5; tries++)
		assert_int_equal(retry_pause_usec(tries), 2 * retry_pause_usec(tries - 1));
	assert_int_equal(retry_pause_usec(5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_a_cut_download_goes_on_in_the_next_pull),
		SCENE_TEST(test_a_cut_download_goes_on_after_a_restart),
		SCENE_TEST(test_what_lies_whole_is_not_fetched),
		SCENE_TEST(test_a_damaged_beginning_is_fetched_again),
		SCENE_TEST(test_more_than_was_announced_is_thrown_away),
		SCENE_TEST(test_other_content_in_a_second_try_is_refused),
		SCENE_TEST(test_a_wrong_digest_leaves_nothing_behind),
		SCENE_TEST(test_tidying_keeps_what_somebody_waits_for),
		SCENE_TEST(test_a_registry_that_names_a_time_is_asked_then),
		SCENE_TEST(test_a_registry_that_names_a_late_time_is_not_waited_for),
		cmocka_unit_test(test_pauses_double_and_end),
	};

	return cmocka_run_group_tests_name("image: resume", tests, NULL, NULL);
}

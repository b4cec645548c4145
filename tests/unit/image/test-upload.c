/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "image/registry/upload-state.h"
#include "oci/descriptor.h"
#include "scene.h"

static void test_how_much_a_registry_has(void **state)
{
	static const struct {
		const char *value;
		uint64_t bytes;
	} good[] = { { "0-1023", 1024 },
		     { "bytes=0-9", 10 },
		     { "bytes 0-9", 10 },
		     { "0-0", 0 },
		     { "bytes=0-9/10", 10 },
		     { "0-1", 2 },
		     { "0-9007199254740991", 1ull << 53 } };
	static const char *const bad[] = { "",
					   "-",
					   "0-",
					   "-5",
					   "5-9",
					   "0-x",
					   "0--1",
					   "0-5-",
					   "0-18446744073709551615",
					   "bytes",
					   "0",
					   "bytes=",
					   "0-99999999999999999999999" };
	uint64_t got;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		got = 77;
		assert_int_equal(upload_range_read(good[i].value, &got), 0);
		assert_int_equal(got, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		got = 77;
		assert_int_equal(upload_range_read(bad[i], &got), -EINVAL);
		assert_int_equal(got, 77);
	}
}

static void test_parts_are_as_long_as_both_sides_want(void **state)
{
	(void)state;
	assert_int_equal(upload_part_bytes(100, 30, 0), 30);
	assert_int_equal(upload_part_bytes(100, 30, 40), 40);
	assert_int_equal(upload_part_bytes(10, 30, 40), 10);
	assert_int_equal(upload_part_bytes(0, 30, 40), 0);
	assert_int_equal(upload_part_bytes(10, 1, UINT64_MAX), 10);
}

static int setup(void **state)
{
	struct scene *sc;

	scene_setup_empty(state);
	sc = *state;
	scene_make(sc, &(struct kit_spec){ .content = "one", .filter = ARCHIVE_FILTER_GZIP });
	place_load_ok(sc->place, archive_oci(&sc->kit, sc->name), sc->name);
	return 0;
}

/* All but a layer is there. */
static void serve(struct scene *sc)
{
	SERVE(&sc->server, .method = "HEAD", .path = sc->config_path);
	SERVE(&sc->server, .method = "POST", .path = "/v2/r/x/blobs/uploads/", .status = 202,
	      .headers = "Location: /u/0\r\n");
	SERVE(&sc->server, .method = "PUT", .path = "/v2/r/x/manifests/1", .status = 201);
}

static int push(struct scene *sc, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	struct pushed got;

	assert_int_equal(reference_parse(sc->name, &ref, NULL), 0);
	return store_push(sc->place->st, &(struct image_push){ .ref = ref }, NULL, &got, err);
}

static void pushed(struct scene *sc)
{
	struct err err;

	if (push(sc, &err) < 0)
		fail_msg("%s", err.msg);
}

/* "METHOD TARGET  RANGE" of what is left of the layer after so many bytes. */
static const char *rest_of(struct scene *sc, const char *request, size_t from)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s  %zu-%zu", request, from, sc->kit.layer.len - 1);
	return text;
}

static void test_a_cut_upload_goes_on_where_it_was(void **state)
{
	struct scene *sc = *state;

	serve(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0", .hangs_up = true);
	SERVE(&sc->server, .method = "GET", .path = "/u/0", .status = 204,
	      .headers = "Location: /u/1\r\nRange: 0-9\r\n");
	SERVE(&sc->server, .method = "PATCH", .path = "/u/1", .status = 202,
	      .headers = "Location: /u/2?x=y\r\n");
	SERVE(&sc->server, .method = "PUT", .path = "/u/2?x=y&digest=", .status = 201);
	pushed(sc);
	assert_int_equal(server_logged(&sc->server, "POST"), 1);
	assert_int_equal(server_logged(&sc->server, rest_of(sc, "PATCH /u/1", 10)), 1);
}

static void test_a_registry_that_took_some_gets_the_rest(void **state)
{
	struct scene *sc = *state;

	serve(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0", .status = 503, .times = 1);
	SERVE(&sc->server, .method = "GET", .path = "/u/0", .status = 204,
	      .headers = "Range: 0-9\r\n");
	SERVE(&sc->server, .method = "PATCH", .path = "/u/0", .status = 202,
	      .headers = "Range: 0-19\r\n", .times = 1);
	SERVE(&sc->server, .method = "PATCH", .path = "/u/0", .status = 202);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0?digest=", .status = 201);
	pushed(sc);
	assert_int_equal(server_logged(&sc->server, rest_of(sc, "PATCH /u/0", 10)), 1);
	assert_int_equal(server_logged(&sc->server, rest_of(sc, "PATCH /u/0", 20)), 1);
}

static void test_a_registry_that_takes_no_parts_gets_the_whole(void **state)
{
	struct scene *sc = *state;

	serve(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0", .hangs_up = true, .times = 1);
	SERVE(&sc->server, .method = "GET", .path = "/u/0", .status = 204,
	      .headers = "Range: 0-9\r\n");
	SERVE(&sc->server, .method = "PATCH", .path = "/u/0", .status = 405);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0?digest=", .status = 201);
	pushed(sc);
	assert_int_equal(server_logged(&sc->server, "PATCH"), 1);
	assert_int_equal(server_logged(&sc->server, "POST"), 2);
	assert_int_equal(server_logged(&sc->server, "PUT /u/0"), 2);
}

static void test_a_registry_that_takes_nothing_is_given_up(void **state)
{
	struct scene *sc = *state;
	struct err err;

	serve(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0", .hangs_up = true, .times = 1);
	SERVE(&sc->server, .method = "GET", .path = "/u/0", .status = 204,
	      .headers = "Range: 0-9\r\n");
	SERVE(&sc->server, .method = "PATCH", .path = "/u/0", .status = 202,
	      .headers = "Range: 0-9\r\n");
	assert_int_equal(push(sc, &err), -ECONNRESET);
	assert_non_null(strstr(err.msg, "took nothing of what was sent"));
	assert_int_equal(server_logged(&sc->server, "/manifests/"), 0);
}

static void test_a_state_that_cannot_be_is_not_believed(void **state)
{
	struct scene *sc = *state;

	serve(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0", .hangs_up = true, .times = 1);
	SERVE(&sc->server, .method = "GET", .path = "/u/0", .status = 204,
	      .headers = "Range: 0-99999999\r\n");
	SERVE(&sc->server, .method = "PUT", .path = "/u/0?digest=", .status = 201);
	pushed(sc);
	assert_int_equal(server_logged(&sc->server, "POST"), 2);
}

static void test_a_state_that_leads_elsewhere_is_judged(void **state)
{
	struct scene *sc = *state;
	struct err err;

	serve(sc);
	SERVE(&sc->server, .method = "PUT", .path = "/u/0", .hangs_up = true, .times = 1);
	SERVE(&sc->server, .method = "GET", .path = "/u/0", .status = 204,
	      .headers = "Range: 0-9\r\nLocation: http://192.0.2.1/up\r\n");
	assert_int_equal(push(sc, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "plain http is for this machine alone"));
}

#define UPLOAD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_much_a_registry_has),
		cmocka_unit_test(test_parts_are_as_long_as_both_sides_want),
		UPLOAD_TEST(test_a_cut_upload_goes_on_where_it_was),
		UPLOAD_TEST(test_a_registry_that_took_some_gets_the_rest),
		UPLOAD_TEST(test_a_registry_that_takes_no_parts_gets_the_whole),
		UPLOAD_TEST(test_a_registry_that_takes_nothing_is_given_up),
		UPLOAD_TEST(test_a_state_that_cannot_be_is_not_believed),
		UPLOAD_TEST(test_a_state_that_leads_elsewhere_is_judged),
	};

	return cmocka_run_group_tests_name("image: upload", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <stdio.h>

#include "base/str.h"

int scene_setup_empty(void **state)
{
	struct scene *sc = calloc(1, sizeof(*sc));

	assert_non_null(sc);
	store_setup((void **)&sc->place);
	server_start(&sc->server);
	snprintf(sc->name, sizeof(sc->name), "127.0.0.1:%d/r/x:1", sc->server.port);
	*state = sc;
	return 0;
}

int scene_setup(void **state)
{
	scene_setup_empty(state);
	scene_make(*state, &(struct kit_spec){ .content = "one", .filter = ARCHIVE_FILTER_GZIP });
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *sc = *state;

	server_stop(&sc->server);
	store_teardown((void **)&sc->place);
	kit_reset(&sc->kit);
	free(sc);
	return 0;
}

void scene_make(struct scene *sc, const struct kit_spec *spec)
{
	kit_reset(&sc->kit);
	kit_make(&sc->kit, spec);
	snprintf(sc->layer_path, sizeof(sc->layer_path), "/v2/r/x/blobs/%s",
		 sc->kit.layer_digest.text);
	snprintf(sc->config_path, sizeof(sc->config_path), "/v2/r/x/blobs/%s",
		 sc->kit.config_digest.text);
}

void scene_serve_manifest(struct scene *sc)
{
	SERVE(&sc->server, .path = "/v2/r/x/manifests/", .type = sc->kit.manifest_type,
	      .body = sc->kit.manifest.data, .len = sc->kit.manifest.len);
}

void scene_serve_blobs(struct scene *sc)
{
	SERVE(&sc->server, .path = sc->layer_path, .body = sc->kit.layer.data,
	      .len = sc->kit.layer.len, .ranges = true);
	SERVE(&sc->server, .path = sc->config_path, .body = sc->kit.config.data,
	      .len = sc->kit.config.len);
}

int scene_pull(struct scene *sc, const struct pull_options *o, struct err *err)
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
	r = store_pull(sc->place->st,
		       &(struct image_pull){ .ref = ref,
					     .platform = &platform,
					     .access.auth = o->auth.username ? &o->auth : NULL },
		       o->progress, &im, err);
	if (r == 0) {
		assert_string_equal(im->config.text, sc->kit.config_digest.text);
		image_free(im);
	}
	return r;
}

void scene_pulled(struct scene *sc, const struct pull_options *o)
{
	struct err err;
	int r = scene_pull(sc, o, &err);

	assert_string_equal(err.msg, "");
	assert_int_equal(r, 0);
	assert_int_equal(place_count(sc->place, "tmp"), 0);
}

void scene_refused(struct scene *sc, int code, const char *words)
{
	struct err err;

	assert_int_equal(scene_pull(sc, &(struct pull_options){ 0 }, &err), code);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.msg);
	assert_true(str_starts(err.msg, "pull 127.0.0.1:") != NULL);
	assert_int_equal(place_count(sc->place, "rootfs"), 0);
	assert_int_equal(place_count(sc->place, "tmp"), 0);
}

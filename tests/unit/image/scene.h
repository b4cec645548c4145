/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "kit.h"
#include "server.h"

/* A store, an image, and a registry that can have it, lie about it, or be in the way. */
struct scene {
	struct place *place;
	struct server server;
	struct kit kit;
	char name[64]; /* of the image: r/x:1 of the registry */
	char layer_path[256], config_path[256];
};

/** scene_setup(), scene_setup_empty(), scene_teardown() - for cmocka; an empty one has no image */
int scene_setup(void **state);
int scene_setup_empty(void **state);
int scene_teardown(void **state);

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

/** scene_make() - another image */
void scene_make(struct scene *sc, const struct kit_spec *spec);

/** scene_serve_manifest(), scene_serve_blobs() - the registry has these */
void scene_serve_manifest(struct scene *sc);
void scene_serve_blobs(struct scene *sc);

struct pull_options {
	const char *name; /* behind the registry; NULL: r/x:1 */
	struct registry_auth auth;
	const struct progress *progress;
};

/** scene_pull() - Return: as store_pull(). */
int scene_pull(struct scene *sc, const struct pull_options *o, struct err *err);

/** scene_pulled() - a pull works, and leaves nothing behind */
void scene_pulled(struct scene *sc, const struct pull_options *o);

/** scene_refused() - a pull does not, and says why, and leaves nothing behind */
void scene_refused(struct scene *sc, int code, const char *words);

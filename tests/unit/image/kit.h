/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/image.h"
#include "image/store/blob.h"
#include "layer-util.h"

/* Images made in memory, and stores in a temporary folder.  Every failure fails the test. */

struct kit_spec {
	const char *content;	  /* of the one file, /hello */
	int filter;		  /* ARCHIVE_FILTER_… of the layer */
	const char *cmd;	  /* NULL: the content */
	const char *arch;	  /* NULL: this machine's */
	const char *diff_id;	  /* NULL: the right one */
	const char *layer_type;	  /* NULL: the right one */
	const char *layers;	  /* of the manifest, as JSON; NULL: the right ones */
	bool docker;		  /* Docker's media types */
	int64_t layer_size_wrong; /* added to the layer's size in the manifest */
	bool layer_digest_wrong;
	bool no_diff_id;
	bool no_platform; /* the config has none */
};

struct kit {
	struct buf layer, config, manifest;
	struct digest layer_digest, config_digest, manifest_digest;
	const char *manifest_type;
};

void kit_make(struct kit *k, const struct kit_spec *spec);
void kit_reset(struct kit *k);

#define KIT(k, ...) kit_make(k, &(struct kit_spec){ __VA_ARGS__ })

/** store_setup() - cmocka setup: *state is a struct place with an open store */
int store_setup(void **state);
int store_teardown(void **state);

struct place {
	char path[64];
	struct store *st;
};

/** place_reopen() - close the store and open it again */
void place_reopen(struct place *p);

/** place_count() - number of entries in a folder of the store */
size_t place_count(const struct place *p, const char *folder);

/** place_load() - store_load() of a file that is closed after */
int place_load(struct place *p, int fd, char ***ret_names, struct err *err);

/** place_load_ok() - load an archive that is right, of one image with this name */
void place_load_ok(struct place *p, int fd, const char *name);

/** kit_entry() - what an index.json lists: the image under a name.  Return: owned. */
char *kit_entry(const struct kit *k, const char *name);

/** archive_oci() - an archive of one image with a name.  Return: its file. */
int archive_oci(const struct kit *k, const char *name);

/** archive_index() - the image below an index.  @annotations: of that in index.json, as JSON.
 * Return: its file. */
int archive_index(const struct kit *k, const char *annotations);

/** archive_docker() - as `docker save` makes it; the layer is a link where @link is set.  Return:
 * its file. */
int archive_docker(const struct kit *k, const char *tag, bool link);

/** archive_both() - as docker's newer `save` makes it: a layout and manifest.json.  @entries: what
 * index.json lists, as JSON.  Return: its file. */
int archive_both(const struct kit *k, const char *tag, const char *entries);

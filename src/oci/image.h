/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "oci/platform.h"
#include "oci/reference.h"

/*
 * Models of the image-spec: descriptor, index, manifest, config.  Pure: JSON text in,
 * checked structures out, and back.  The JSON comes from a hostile registry or archive.
 * Docker's schema-2 media types are read as their OCI counterparts.
 */

#define OCI_MANIFEST_MAX_BYTES (4u << 20) /* also index and config */
#define OCI_LAYERS_MAX	       512
#define OCI_LIST_MAX	       4096 /* entries of Env, Cmd, Labels and the like */

#define MEDIA_OCI_INDEX	      "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER	      "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar"

enum layer_compression { LAYER_PLAIN, LAYER_GZIP, LAYER_ZSTD };

struct oci_descriptor {
	char *media_type;
	struct digest digest;
	uint64_t size_bytes;
	bool has_platform;
	struct platform platform;
	json_t *annotations; /* object of strings, owned; NULL when there are none */
};

/** oci_descriptor_reset() - free what a descriptor holds */
void oci_descriptor_reset(struct oci_descriptor *d);

/** oci_descriptor_read() - from a JSON object.  Return: 0; -EBADMSG or -ENOMEM with a message. */
int oci_descriptor_read(const json_t *obj, struct oci_descriptor *ret, struct err *err);

/** oci_descriptor_write() - a new JSON object; NULL when out of memory */
json_t *oci_descriptor_write(const struct oci_descriptor *d);

struct oci_index {
	struct oci_descriptor *manifests;
	size_t n_manifests;
};

struct oci_manifest {
	struct oci_descriptor config;
	struct oci_descriptor *layers;
	size_t n_layers;
};

/** oci_is_index() - is this the media type of an index or a manifest list? */
bool oci_is_index(const char *media_type);

/** oci_is_manifest() - is this the media type of an image manifest, OCI's or Docker's? */
bool oci_is_manifest(const char *media_type);

/** oci_layer_compression() - how a layer of this media type is packed.  Return: 0; -EOPNOTSUPP with
 * a message (foreign, encrypted, unknown). */
int oci_layer_compression(const char *media_type, enum layer_compression *ret, struct err *err);

/** oci_index_parse() - index or manifest list.  @ret: owned.  Return: 0; -EBADMSG with a message;
 * -ENOMEM. */
int oci_index_parse(const char *text, size_t len, struct oci_index **ret, struct err *err);
void oci_index_free(struct oci_index *ix);

/**
 * oci_index_select() - the manifest for a platform
 *
 * Attestation entries (platform unknown/unknown) never match. On failure the message names the
 * platforms that exist.
 *
 * Return: 0, @ret borrowed from @ix; -ENOENT with a message.
 */
int oci_index_select(const struct oci_index *ix, const struct platform *want,
		     const struct oci_descriptor **ret, struct err *err);

/** oci_manifest_parse() - @ret: owned.  Return: 0; -EBADMSG with a message (also schema 1 and
 * artifacts); -ENOMEM. */
int oci_manifest_parse(const char *text, size_t len, struct oci_manifest **ret, struct err *err);
void oci_manifest_free(struct oci_manifest *m);

/** oci_manifest_write() - canonical JSON text of a manifest of our own (load, import); owned; NULL
 * when out of memory */
char *oci_manifest_write(const struct oci_manifest *m);

/* image-spec config.md; with docker's Healthcheck and Shell where present. */
struct oci_image_config {
	struct platform platform; /* members are empty where the config does not say them */
	char *created;		  /* RFC 3339 or NULL */
	char *author;
	char *user;
	char **env;
	char **entrypoint;
	char **cmd;
	char *working_dir;
	char *stop_signal;
	json_t *exposed_ports; /* object or NULL; owned */
	json_t *volumes;
	json_t *labels;
	json_t *healthcheck;
	json_t *history; /* array or NULL */
	char **diff_ids; /* "sha256:…", validated, one per layer */
	json_t *config;	 /* the whole "config" member as it came; NULL when absent */
};

/** oci_image_config_parse() - @ret: owned.  Return: 0; -EBADMSG or -ENOMEM with a message. */
int oci_image_config_parse(const char *text, size_t len, struct oci_image_config **ret,
			   struct err *err);
void oci_image_config_free(struct oci_image_config *c);

/** oci_image_config_complete() - take what a config does not say of its platform from the
 * descriptor of its manifest (NULL: there is none), else from this host */
void oci_image_config_complete(struct oci_image_config *c, const struct oci_descriptor *manifest);

/** oci_image_config_copy() - a deep copy that shares nothing.  Return: owned; NULL when out of
 * memory. */
struct oci_image_config *oci_image_config_copy(const struct oci_image_config *c);

DEFINE_CLEANUP(struct oci_index, oci_index_free)
DEFINE_CLEANUP(struct oci_manifest, oci_manifest_free)
DEFINE_CLEANUP(struct oci_image_config, oci_image_config_free)
#define cleanup_oci_index	 cleanup(oci_index_free_cleanup_fn)
#define cleanup_oci_manifest	 cleanup(oci_manifest_free_cleanup_fn)
#define cleanup_oci_image_config cleanup(oci_image_config_free_cleanup_fn)

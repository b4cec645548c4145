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

#define OCI_MANIFEST_MAX_BYTES (4u << 20) /* of an index and a config, too */
#define OCI_LAYERS_MAX	       512
#define OCI_LIST_MAX	       4096 /* entries of Env, Cmd, Labels and the like */

#define MEDIA_OCI_INDEX	      "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER	      "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_OCI_FOREIGN     "application/vnd.oci.image.layer.nondistributable.v1.tar"
#define MEDIA_DOCKER_FOREIGN  "application/vnd.docker.image.rootfs.foreign.diff.tar"
#define MEDIA_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar"

struct oci_descriptor {
	char *media_type;
	struct digest digest;
	uint64_t size_bytes;
	bool has_platform;
	struct platform platform;
	char **urls; /* other places of the content (a layer that registries may not have) */
	json_t *annotations; /* object of strings, owned; NULL when there are none */
	char *artifact_type; /* the kind of what is no image; NULL: not said */
};

/** oci_descriptor_reset() - free what a descriptor holds */
void oci_descriptor_reset(struct oci_descriptor *d);

/** oci_descriptor_read() - read a JSON object.  Return: 0; -EBADMSG or -ENOMEM with a message. */
int oci_descriptor_read(const json_t *obj, struct oci_descriptor *ret, struct err *err);

/** oci_descriptor_write() - make a JSON object; NULL when out of memory */
json_t *oci_descriptor_write(const struct oci_descriptor *d);

/** oci_layer_check() - can a layer of this media type be read?  Its compression is told by the
 * content.  Return: 0; -EOPNOTSUPP with a message (encrypted, unknown). */
int oci_layer_check(const char *media_type, struct err *err);

/** oci_layer_is_foreign() - is a layer of this media type not to be pushed to registries? */
bool oci_layer_is_foreign(const char *media_type);

/** platform_read() - read "os", "architecture" and "variant" of an object, in Go's words; missing
 * ones are empty.  Return: 0; -EBADMSG with a message. */
int platform_read(const json_t *obj, struct platform *ret, struct err *err);

/** oci_descriptor_translate() - replace Docker's media type of a config or layer by OCI's.
 * @ret_changed: set where it was Docker's.  Return: 0; -ENOMEM. */
int oci_descriptor_translate(struct oci_descriptor *d, bool *ret_changed);

/**
 * oci_descriptors_read() - read an array of descriptors
 * @ret: owned, oci_descriptors_free(); never NULL, also when there are none
 *
 * Return: 0; -EBADMSG or -ENOMEM with a message.
 */
int oci_descriptors_read(const json_t *array, struct oci_descriptor **ret, size_t *ret_n,
			 struct err *err);

/** oci_descriptors_free() - free @n descriptors and the array; NULL is accepted with @n 0 */
void oci_descriptors_free(struct oci_descriptor *list, size_t n);

/**
 * oci_document_read() - read and check the outer object of a manifest or index
 * @what:  "manifest" or "index", for messages
 * @is_ok: says whether "mediaType" (where it is present) is the right one
 * @ret:   owned
 *
 * Return: 0; -EBADMSG with a message, also for schema 1; -ENOMEM.
 */
int oci_document_read(const char *text, size_t len, const char *what,
		      bool (*is_ok)(const char *media_type), json_t **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/flatten.h"
#include "image/store/claim.h"
#include "oci/manifest.h"

/* Where the content of an image comes from that is not in the store yet. */
struct source {
	/* Store and pin one blob.  Return: 0; -errno with a message. */
	int (*blob)(void *arg, const struct oci_descriptor *d, struct err *err);
	/*
	 * Describe all layers, which are pinned: the files they are in, or come into.  Until
	 * close(), which is called in any case; where that is NULL, the descriptors are closed.
	 * NULL: they are stored.
	 */
	int (*open)(void *arg, const struct oci_manifest *m, struct flatten_layer *layers,
		    struct err *err);
	/*
	 * Store what is missing of those.  @is_over: nobody wants any more of them; may be NULL.
	 * Return: -EALREADY for that reason.
	 */
	int (*bring)(void *arg, bool (*is_over)(void *over), void *over, struct err *err);
	void (*close)(void *arg);
	void *arg;
};

/* An image to be made visible; everything is borrowed. */
struct install {
	const struct oci_descriptor *manifest;
	const struct platform *platform; /* what it must be for; NULL: any */
	const struct source *source;	 /* NULL: everything is stored and pinned */
	const struct digest *original;	 /* what the manifest was made of; NULL: nothing else */
	const struct digest *index;	 /* digest the registry knows it by; NULL: none */
	bool is_whole;			 /* all that the index leads to is stored and pinned */
	const char *repo_digest;	 /* "docker.io/library/x@sha256:…"; NULL: none */
	char *const *tags;		 /* full references; NULL: none */
	char *const *verified;		 /* see struct image; NULL: nothing was */
	const struct progress *progress;
};

/**
 * store_install() - read and check a manifest and its config, get the layers, flatten, make visible
 * @ret: the image, owned
 *
 * Return: 0; -ENOENT for another platform; -EBADMSG; -EOPNOTSUPP for a layer that cannot be read;
 * -ECANCELED; as flatten(); as the source; -errno; all with a message.
 */
int store_install(struct work *w, const struct install *in, struct image **ret, struct err *err);

/** store_put_config() - pin and store a config of our own.  @ret: oci_descriptor_reset().  Return:
 * 0; -errno with a message. */
int store_put_config(struct work *w, const char *text, struct oci_descriptor *ret, struct err *err);

/** store_put_manifest() - pin and store a manifest of our own.  @ret: oci_descriptor_reset().
 * Return: 0; -errno with a message. */
int store_put_manifest(struct work *w, struct oci_manifest *m, struct oci_descriptor *ret,
		       struct err *err);

/** short_id() - the 12 digits of a digest that people see.  @ret: 13 bytes. */
void short_id(const struct digest *d, char ret[13]);

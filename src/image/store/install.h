/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/flatten.h"
#include "image/store/claim.h"
#include "oci/manifest.h"

/* Brings content of an image that is not in the store yet. */
struct source {
	/* Stores and pins a blob.  Return: 0; -errno with a message. */
	int (*blob)(void *arg, const struct oci_descriptor *d, struct err *err);
	/*
	 * Opens the files of all layers, which are pinned: those they are in, or come into.  They
	 * stay open until close(), which is called in any case; without a close(), the descriptors
	 * are closed one by one.  NULL: all layers are stored.
	 */
	int (*open)(void *arg, const struct oci_manifest *m, struct flatten_layer *layers,
		    struct err *err);
	/*
	 * Stores the layers that are missing.  @is_over: are no more wanted?  May be NULL.  Return:
	 * -EALREADY if so.
	 */
	int (*bring)(void *arg, bool (*is_over)(void *over), void *over, struct err *err);
	void (*close)(void *arg);
	void *arg;
};

/* An image to be made visible; everything is borrowed. */
struct install {
	const struct oci_descriptor *manifest;
	const struct platform *platform; /* that the image must be for; NULL: any */
	const struct source *source;	 /* NULL: everything is stored and pinned */
	const struct digest *original;	 /* the manifest that this one was made from; NULL: none */
	const struct digest *index;	 /* the registry's digest of the image; NULL: none */
	bool is_whole;			 /* all that the index leads to is stored and pinned */
	const char *repo_digest;	 /* "docker.io/library/x@sha256:…"; NULL: none */
	char *const *tags;		 /* full references; NULL: none */
	char *const *verified;		 /* see struct image; NULL: nothing was verified */
	const struct progress *progress;
};

/**
 * store_install() - read and check a manifest and its config, fetch and flatten the layers, and
 * make the image visible
 * @ret: the image, owned
 *
 * Return: 0; -ENOENT for another platform; -EBADMSG; -EOPNOTSUPP for a layer that cannot be read;
 * -ECANCELED; as flatten(); as the source; -errno; all with a message.
 */
int store_install(struct work *w, const struct install *in, struct image **ret, struct err *err);

/** store_put_config() - store and pin a config of our own.  @ret: oci_descriptor_reset().  Return:
 * 0; -errno with a message. */
int store_put_config(struct work *w, const char *text, struct oci_descriptor *ret, struct err *err);

/** store_put_manifest() - store and pin a manifest of our own.  @ret: oci_descriptor_reset().
 * Return: 0; -errno with a message. */
int store_put_manifest(struct work *w, struct oci_manifest *m, struct oci_descriptor *ret,
		       struct err *err);

/** short_id() - get the 12 digits of a digest that are shown to people.  @ret: 13 bytes. */
void short_id(const struct digest *d, char ret[13]);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/config.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "settings/settings.h"

/*
 * The image library as moatd sees it.
 *
 * Below the store's folder, which is made when it is opened:
 *
 *   oci-layout, index.json, blobs/sha256/…   an OCI image layout
 *   rootfs/HEX.erofs                         one flattened image per manifest digest
 *   sums/HEX                                 what such a file's digest was when it was made
 *   sums/HEX.unsynced                        such a file is not on the disk yet
 *   boot                                     the boot id of the kernel that it was opened under
 *   partial/HEX                              layers of which a part was downloaded, for a week
 *   uploads/HEX                              where an upload that is under way goes on, for a day
 *   tmp/                                     other unfinished files; emptied when it is opened
 *
 * index.json is the table of tags: the annotation io.containerd.image.name holds a full reference,
 * and so does org.opencontainers.image.ref.name.
 *
 * Every function may be called from several threads at once.  An image becomes visible in
 * index.json only when all its blobs and its EROFS file are complete, and the blobs synced; the
 * file is made anew of them where it is lost.  An image is known by its config, as with docker: one
 * that comes again with another manifest (its layers packed differently) only gets the new name.  A
 * program that pulls ignores SIGPIPE.
 */
struct store;

/**
 * store_open() - open or create an image store
 * @path:        folder
 * @unpack_path: the moat-unpack program, absolute; borrowed for the store's lifetime
 * @rootfs_bytes: the least length of an image's file, for whoever makes a disk of it
 * @ret:         owned, store_close()
 *
 * Return: 0; -errno with a message.
 */
int store_open(const char *path, const char *unpack_path, uint64_t rootfs_bytes, struct store **ret,
	       struct err *err);
void store_close(struct store *st);

/** store_set_limits() - set the limits of images that come in from now on */
void store_set_limits(struct store *st, const struct image_limits *limits);

struct image {
	struct digest manifest; /* of the platform; it names the EROFS file */
	struct digest original; /* Docker's manifest that @manifest was made from; may be unset */
	struct digest index;	/* of the index or manifest in the registry; may be unset */
	bool is_whole;		/* the index is stored, with all it leads to */
	struct digest config;	/* docker's image id */
	char **tags;		/* full references; empty vector for an untagged image */
	char **repo_digests;	/* "docker.io/library/x@sha256:…", where it was pulled */
	char **verified;	/* "NAME KEY SIGNED[:TAG]": pulled by a name (without tag), with a
				   signature by a key (its id, see pubkey.h), for a name ("-": none) */
	uint64_t size_bytes;	/* of the EROFS file */
	struct oci_image_config *oci;
	uint64_t *layer_bytes; /* of the files in each layer; 0: not known */
	size_t n_layers;
};

void image_free(struct image *im);
/** image_list_free() - free a list of @n images and the array */
void image_list_free(struct image **list, size_t n);

/** store_list() - get all images, newest first.  Return: 0; -errno with a message. */
int store_list(struct store *st, struct image ***ret, size_t *ret_n, struct err *err);

/**
 * store_find() - find an image by its reference (also name@digest), id, or unambiguous id prefix
 * (with or without "sha256:")
 *
 * Return: 0; -ENOENT "No such image: X"; -EEXIST when a prefix is ambiguous; -EINVAL.
 */
int store_find(struct store *st, const char *name, struct image **ret, struct err *err);

/** store_resolve() - find an image as store_find() does, and the name that matched.  @ret_name: a
 * full reference, owned; NULL: an id matched */
int store_resolve(struct store *st, const char *name, struct image **ret, char **ret_name,
		  struct err *err);

/**
 * image_check_signed() - has an image in the store the signatures that the settings demand of the
 * name it is asked for by?
 * @name: its full reference; NULL: it was asked for by its id, and any of its names will do
 *
 * Signatures count that were checked when the image was pulled by that name, if their key and name
 * are still demanded.  Nothing is demanded of an image without a name.
 *
 * Return: 0; -EPERM, -EINVAL for a key that cannot be read, both with a message; -ENOMEM.
 */
int image_check_signed(const struct image *im, const char *name, const struct settings *settings,
		       struct err *err);

/** image_is_verified() - was an image seen to be signed by this name?  @name: one of its tags or
 * repository digests, full.  Its keys are not compared with today's settings. */
bool image_is_verified(const struct image *im, const char *name);

/** store_rootfs_path() - make the absolute path of an image's EROFS file; owned by the caller; NULL
 * when out of memory */
char *store_rootfs_path(struct store *st, const struct digest *manifest);

/** store_restore() - make an image's file from its layers again, where it was lost.  @manifest: of
 * an image in the table.  Return: 0; -EIO where part of the image is missing or damaged; -errno;
 * with a message. */
int store_restore(struct store *st, const struct digest *manifest, struct err *err);

/** store_tag() - give the image @source the name @target (a full or familiar reference).  Return:
 * 0; -ENOENT; -EINVAL. */
int store_tag(struct store *st, const char *source, const char *target, struct err *err);

/* What store_remove() did, for docker's answer: lines "Untagged: …", "Deleted: sha256:…". */
struct removal {
	char **untagged;
	char **deleted;
};
void removal_reset(struct removal *r);

/* The containers made from an image. */
struct image_users {
	size_t all, running;
};

/**
 * store_remove() - remove a name, and the image with its last one
 * @force: remove an image by id although it has several tags; take the last name of one that
 * containers use, which stays without a name then
 * @count: asked for an image that is about to lose its last name; called with the store's lock, so
 * it must not come back to the store; NULL: no container uses it
 *
 * Blobs that no manifest refers to and EROFS files of no image are deleted in the same call.
 *
 * Return: 0; -ENOENT; -EBUSY with a message.
 */
int store_remove(struct store *st, const char *name, bool force,
		 struct image_users (*count)(const struct digest *manifest, void *arg), void *arg,
		 struct removal *ret, struct err *err);

/** store_has() - is there an image with this manifest that is not being removed? */
bool store_has(struct store *st, const struct digest *manifest);

/** store_tidy() - remove the remains of downloads that ended early; downloads under way are left
 * alone */
void store_tidy(struct store *st);

/* What store_verify() found. */
struct verdict {
	struct digest image; /* the config's digest */
	size_t n_blobs;	     /* blobs of the image */
	uint64_t bytes;	     /* bytes of the blobs that are there */
	char **wrong;	     /* digests of blobs whose content was wrong; they were removed */
	char **missing;	     /* digests of blobs that were missing */
	enum {
		ROOTFS_RIGHT,
		ROOTFS_NOTED, /* no sum was known before; now the file's sum is noted */
		ROOTFS_WRONG, /* the file's content was not what was made from the layers */
		ROOTFS_MISSING,
	} rootfs;
	bool is_remade; /* a wrong file was made again; else the next pull does that */
};
void verdict_reset(struct verdict *v);

/**
 * store_verify() - check that an image is complete and unchanged
 * @ret: verdict_reset()
 *
 * Damaged content is removed; the next pull fetches it again.
 *
 * Return: 0; as store_find(); as flatten(); -errno; with a message.
 */
int store_verify(struct store *st, const char *name, struct verdict *ret, struct err *err);

/* The disk space of an image. */
struct image_usage {
	struct digest manifest;
	uint64_t bytes;	       /* its blobs and its file */
	uint64_t shared_bytes; /* bytes of blobs that other images have as well */
};

struct usage {
	struct image_usage *images;
	size_t n;
	uint64_t total_bytes; /* of the whole store, incoming images included, as du(1) counts */
};
void usage_reset(struct usage *u);

/** usage_of() - get the usage of an image; borrowed; NULL where it is not listed */
const struct image_usage *usage_of(const struct usage *u, const struct digest *manifest);

/** store_usage() - compute the disk space of all images.  @ret: usage_reset().  Return: 0; -ENOMEM
 * with a message. */
int store_usage(struct store *st, struct usage *ret, struct err *err);

/* A manifest of an image: its own, or another one of its index. */
struct image_part {
	struct digest manifest;
	struct platform platform;
	bool is_image;	/* an image's; else an attestation about one */
	bool is_stored; /* the manifest is stored with its layers */
	struct oci_descriptor *layers;
	size_t n_layers;
	uint64_t bytes; /* of the layers */
};

/** store_describe() - list the manifests of an image.  @ret: owned, image_parts_free().  Return: 0;
 * -ENOMEM with a message. */
int store_describe(struct store *st, const struct image *im, struct image_part **ret, size_t *ret_n,
		   struct err *err);
void image_parts_free(struct image_part *list, size_t n);

/*
 * Progress of a pull, push or load; @id is a layer's short id or NULL, docker's words in @status.
 * The functions may be called from other threads, one call at a time, and never after the work's
 * return.
 */
struct progress {
	void (*report)(void *arg, const char *id, const char *status, uint64_t current_bytes,
		       uint64_t total_bytes);
	bool (*cancelled)(void *arg); /* true: end the work with -ECANCELED; may be NULL */
	void *arg;
};

struct registry_auth {
	const char *username; /* NULL: anonymous */
	const char *password;
	const char *identity_token; /* instead of user name and password; NULL: none */
};

/* How to reach a registry, and as which user; everything is borrowed. */
struct registry_access {
	const struct settings *settings;  /* NULL: no settings */
	enum scheme scheme;		  /* what the caller asked for this time */
	const struct registry_auth *auth; /* of this registry; NULL: anonymous */
};

/* What to pull, and how; everything is borrowed. */
struct image_pull {
	const struct reference *ref;
	const struct platform *platform; /* to choose from an index */
	bool all_platforms;		 /* keep the whole index, so that it can be passed on */
	struct registry_access access;
	unsigned max_downloads; /* layers at a time; 0: as the settings say, or PULL_DOWNLOADS */
	const char *verify_key; /* public keys in PEM, one of which must have signed it; NULL: only
				   what the settings demand */
};

#define PULL_DOWNLOADS	   3
#define PULL_DOWNLOADS_MAX 32

/**
 * store_pull() - fetch an image from its registry, flatten it, name it
 * @progress: borrowed; may be NULL
 * @ret:      the image, owned
 *
 * HTTPS, and HTTP for loopback registries and where it was asked for; mirrors that the settings
 * name are asked first; anonymous and basic bearer tokens.  Layers are flattened while they come
 * in.  Blobs that are there already are not fetched again, and of layers only what is missing, also
 * after a pull that ended early.
 *
 * A reference with a digest gives the image no tag.  Where the settings or the caller demand a
 * signature, the manifest or index that the reference stands for must have one; that is known
 * before anything else of the image is fetched.
 *
 * Return: 0; -EPERM unsigned, or not as demanded; -ENOENT manifest unknown or platform missing;
 * -EACCES 401 or 403; -EBADMSG content that lies about size or digest or is malformed; -EPROTO
 * other answers; -ECANCELED; -errno.
 */
int store_pull(struct store *st, const struct image_pull *in, const struct progress *progress,
	       struct image **ret, struct err *err);

/**
 * registry_tags() - all tags of a repository
 * @ref:      names it
 * @progress: only looked at for an end; may be NULL
 * @ret:      owned vector
 *
 * Return: 0; -ENOENT, also where there is none; -EACCES; -EPROTO; -ECANCELED; -errno; with a
 * message.
 */
int registry_tags(const struct reference *ref, const struct registry_access *access,
		  const struct progress *progress, char ***ret, struct err *err);

/* The document in the registry after a push. */
struct pushed {
	struct digest digest; /* of the manifest or index */
	uint64_t size_bytes;  /* of the same document */
};

/* What to push, and how; everything is borrowed. */
struct image_push {
	const struct reference *ref; /* with a tag, without a digest; also the destination */
	bool all_platforms;	     /* push the whole index, where it is kept */
	struct registry_access access;
	unsigned max_uploads; /* blobs at a time; 0: as the settings say, or PUSH_UPLOADS */
};

#define PUSH_UPLOADS 5

/**
 * store_push() - bring an image to a registry
 * @progress: borrowed; may be NULL
 *
 * Blobs that the registry has are left out, and those that other repositories of it have are taken
 * over from there.  The manifest is what the image came with, where that was kept, so its digest
 * stays; it goes last, under its tag, and before that there is nothing to be seen.
 *
 * Return: 0; -ENOENT no such image or repository, or not for all platforms; -EINVAL for a digest;
 * -EACCES 401 or 403; -EROFS for a registry that takes nothing; as store_pull().
 */
int store_push(struct store *st, const struct image_push *in, const struct progress *progress,
	       struct pushed *ret, struct err *err);

/* What to load; everything is borrowed. */
struct image_load {
	int fd;				 /* an OCI or docker archive (tar, also compressed) */
	const struct platform *platform; /* to choose from an index; NULL: this machine's, and whole
					    indexes are kept */
	const struct progress *progress; /* may be NULL */
};

/** store_load() - read images from an archive.  @ret_names: loaded references or ids, owned vector.
 * Return: as store_pull(). */
int store_load(struct store *st, const struct image_load *in, char ***ret_names, struct err *err);

/* What to save; everything is borrowed. */
struct image_save {
	char *const *names; /* references or ids, NULL-terminated; a reference is recorded as the
			       image's name */
	bool all_platforms; /* save whole indexes, where they are kept */
	const struct platform *platform; /* of an index; NULL: the image as it is here */
	const struct progress *progress; /* asked for cancellation only; may be NULL */
};

struct saving;

/**
 * store_save_begin() - see that all of some images is there, and right, and keep it so
 * @ret: owned, store_save_end(), with all that was borrowed free again
 *
 * Return: 0; -ENOENT no such image, or not for this platform, or not for all; -EIO where some of
 * one is missing or damaged; -ECANCELED; -errno; all with a message.
 */
int store_save_begin(struct store *st, const struct image_save *in, struct saving **ret,
		     struct err *err);

/**
 * store_save_write() - write a tar archive that is an OCI image layout and docker's format too
 * @fd: written to; a broken pipe gives -EPIPE
 *
 * Return: 0; -EIO, -errno, with a message; then the output is no archive.
 */
int store_save_write(struct saving *s, int fd, struct err *err);
void store_save_end(struct saving *s);

/* A root filesystem to make an image of; everything is borrowed. */
struct image_import {
	int fd; /* a tar, also compressed */
	const struct platform *platform;
	const json_t *config;		 /* the image's configuration; NULL: none */
	const struct reference *ref;	 /* the image's name; NULL: none */
	const char *comment;		 /* for its history; NULL: moat's own */
	const struct progress *progress; /* asked for cancellation only; may be NULL */
};

/** store_import() - make a one-layer image.  Return: as store_pull(). */
int store_import(struct store *st, const struct image_import *in, struct image **ret,
		 struct err *err);

/* A container's changes to make an image of; everything is borrowed. */
struct image_commit {
	const struct digest *parent; /* manifest of the container's image */
	const struct platform *platform;
	/* Reads the layer, a tar.  Return: bytes; 0 at the end; -errno with a message. */
	ssize_t (*read)(void *arg, void *data, size_t max, struct err *err);
	void *arg;
	const json_t *config;			   /* the new image's configuration */
	const struct reference *ref;		   /* the new image's name; NULL: none */
	const char *author, *comment, *created_by; /* NULL: none */
};

/** store_commit() - make an image from a parent and a layer.  @ret: the image, owned.  Return: 0;
 * as the layer's read(); as store_pull(). */
int store_commit(struct store *st, const struct image_commit *c, struct image **ret,
		 struct err *err);
